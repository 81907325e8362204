// steering/feed/sample.h -- one source's word about one target at one moment, and how it can be
// refused.
//
//   JSON batch ──ParseSampleBatch──► SampleBatch ──FeedTable::Accept──► the newest word per target
//   × source
//
// units: ResourceVector's (Mbps, counts, per second).
// invariants of every Sample in a batch (tests/fuzz/feed_json_fuzz.cc holds them): (1) `target` has
//        1..kTargetNameSizeMax bytes; (2) values are finite and >= 0; (3) soft <= hard where both
//        are given; (4) it says something: a health or at least one value; (5) kTtlMin <= ttl <=
//        kTtlMax.
#ifndef SPILLWAY_STEERING_FEED_SAMPLE_H_
#define SPILLWAY_STEERING_FEED_SAMPLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "steering/model/facts.h"
#include "steering/model/resources.h"

namespace spillway {

// DESIGN 6: three reports of an agent that reports every 2-3 s, as most do, and one may be lost.
inline constexpr absl::Duration kTtlDefault = absl::Seconds(10);
inline constexpr absl::Duration kTtlMin = absl::Milliseconds(100);
inline constexpr absl::Duration kTtlMax = absl::Hours(1);
inline constexpr size_t kTargetNameSizeMax =
    255;  // a domain name's bound: names are often host names
inline constexpr size_t kSourceNameSizeMax = 64;

struct Sample {
  uint32_t row = 0;  // index in the batch it came in
  std::string target;
  ResourceVector current;  // in use
  ResourceVector soft;     // where the target would like load to stop growing
  ResourceVector hard;     // what it can do at most
  Health health = Health::kUnknown;
  absl::Time measured_at;
  uint64_t sequence = 0;  // rises with every sample of this source about this target
  absl::Duration ttl = kTtlDefault;
};

// Why a row was refused. The first group is the parser's, the second the table's.
enum class RowErrorCode : uint8_t {
  kNotObject,
  kUnknownKey,
  kDuplicateKey,
  kMissingKey,
  kWrongType,
  kBadTarget,
  kBadTime,
  kBadSequence,
  kBadTtl,
  kBadHealth,
  kBadNumber,
  kBadUnit,
  kSoftAboveHard,
  kEmpty,
  kUnknownTarget,
  kOldSequence,
  kOldTime,
  kFromFuture,
  kExpired,
  kRateLimited,
  kTooManySources,
};
inline constexpr size_t kRowErrorCount = static_cast<size_t>(RowErrorCode::kTooManySources) + 1;
absl::string_view RowErrorName(RowErrorCode code);  // "unknown_key": metric label

struct RowError {
  uint32_t row = 0;
  std::string target;  // as given; may be empty or cut
  RowErrorCode code{};
  std::string message;  // what was wanted, what came; without row and target
};

// Why a whole batch was refused.
enum class BatchError : uint8_t {
  kNone,
  kTooLarge,
  kBadJson,
  kTooDeep,
  kWrongShape,
  kUnknownKey,
  kDuplicateKey,
  kBadSource,
  kTooManyRows,
  kRateLimited,
  kUnreadable,
};
inline constexpr size_t kBatchErrorCount = static_cast<size_t>(BatchError::kUnreadable) + 1;
absl::string_view BatchErrorName(BatchError error);

struct SampleBatch {
  std::string source;             // as the sender says; empty = not said
  std::vector<Sample> samples;    // good rows, in order
  std::vector<RowError> refused;  // the others
  size_t row_count() const { return samples.size() + refused.size(); }
};

// 1..kSourceNameSizeMax of [A-Za-z0-9._:-]: it becomes a metric label and part of file names.
bool IsSourceName(absl::string_view name);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FEED_SAMPLE_H_
