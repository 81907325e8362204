// steering/record/decoder.h -- one file of a recording back to the inputs of every plan.
//
//   bytes of a file ─► Open: head, begin ─► Next: frame | tick | end ─► why it ended, what is lost
//
// What was torn off by a crash, or flipped by a disk, ends the file there: every tick builds on the
// one before. What is before it is good, item by item, by its CRC.
// untrusted: any bytes. Memory: a small multiple of the file's size, plus what the limits of
// format.h allow for one tick.
// thread safety: none.
#ifndef SPILLWAY_STEERING_RECORD_DECODER_H_
#define SPILLWAY_STEERING_RECORD_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "steering/record/bytes.h"
#include "steering/record/format.h"

namespace spillway::record {

enum class RecordError : uint8_t {
  kNone,
  kForeign,    // not a recording
  kVersion,    // of another version of the format
  kTorn,       // the last item is cut short
  kChecksum,   // an item's bytes are not those that were written
  kMalformed,  // they are, and make no sense
};
absl::string_view RecordErrorText(RecordError error);

class Decoder {
 public:
  // `bytes` must outlive the decoder.
  explicit Decoder(absl::string_view bytes) : bytes_(bytes) {}

  // The head of the file. Anything but kNone: there is nothing in it to read.
  RecordError Open();
  const Begin& begin() const { return begin_; }

  enum class Item : uint8_t { kFrame, kTick, kEnd };
  // After kFrame, frame() is what it says, after kTick, tick(). Requires Open() == kNone.
  Item Next();
  const RecordedFrame& frame() const { return frame_; }
  const RecordedTick& tick() const { return tick_; }

  // Of the end: kNone = the file is whole.
  RecordError error() const { return error_; }
  // Octets behind the last item given; at the end, those that could not be used.
  size_t bytes_left() const { return bytes_.size() - at_; }

 private:
  struct Target {
    TargetFacts facts;
    AgeMark age, probe_age;
  };

  bool ReadItem(ItemKind* kind, absl::string_view* payload);
  Item End(RecordError error);
  bool ReadBegin(ByteReader from);
  bool ReadPolicy(ByteReader from);
  bool ReadGroups(ByteReader from);
  bool ReadFrame(ByteReader from);
  bool ReadTick(ByteReader from);
  void ReadFacts(ByteReader* from);
  void ReadTarget(ByteReader* from, absl::Time now, Target* target);
  void ReadAnswers(ByteReader* from);
  static void ReadCounts(ByteReader* from, size_t count,
                         std::vector<RecordedTick::Answers>* counts);
  void ReadArrivals(ByteReader* from);
  void ReadHeavy(ByteReader* from);
  void ReadInForce(ByteReader* from);
  void ReadPlan(ByteReader* from, RecordedPlan* plan);

  const absl::string_view bytes_;
  size_t at_ = 0;  // everything before it was used
  RecordError error_ = RecordError::kNone;
  Begin begin_;
  std::vector<std::shared_ptr<const std::vector<PolicyFile>>> policies_;
  std::vector<std::shared_ptr<const std::vector<Group>>> groups_;
  size_t frames_ = 0;
  RecordedFrame frame_;
  RecordedTick tick_;
  bool first_ = true;
  std::vector<Target> targets_;
  std::vector<float> arrivals_;
};

}  // namespace spillway::record

#endif  // SPILLWAY_STEERING_RECORD_DECODER_H_
