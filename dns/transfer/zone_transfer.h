// dns/transfer/zone_transfer.h -- the reply to one AXFR or IXFR, message by message.
//
//   AXFR  SOA, every record, SOA
//   IXFR  SOA                                       the client has this version or a newer one
//         SOA, (old SOA, removed, next SOA, added) for each delta, SOA
//         as AXFR                                   when the history does not reach back to it
//
// why 16 KiB a message: pointers reach no farther, so that every owner can point at the apex,
//      and a slow reader holds little of ours (RFC 5936 3.4).
// invariants: (1) every message has the request's ID and QR, AA; the first one repeats the question
// and has an OPT when the request had one; (2) what is sent is one version: the copy is kept alive.
// thread safety: one worker's. references: RFC 5936, 1995 4.
#ifndef SPILLWAY_DNS_TRANSFER_ZONE_TRANSFER_H_
#define SPILLWAY_DNS_TRANSFER_ZONE_TRANSFER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/types/span.h"
#include "dns/transfer/tsig_session.h"
#include "dns/transfer/zone_copy.h"
#include "dns/wire/query.h"
#include "dns/wire/writer.h"

namespace spillway::dns {

// The serial in the SOA of an IXFR's authority section (RFC 1995 3), or none when there is no SOA.
std::optional<uint32_t> IxfrSerial(absl::Span<const uint8_t> message, const Query& query);

class ZoneTransfer {
 public:
  static constexpr size_t kMessageSizeMax = 16 << 10;

  // What a reply repeats of its request.
  struct Request {
    uint16_t id = 0;
    bool recursion_desired = false;
    std::string question{};  // as sent
    std::string opt{};       // the OPT record of the first message, or empty
  };

  // `serial` is the client's for an IXFR, none for an AXFR. `signature` signs every message.
  ZoneTransfer(std::shared_ptr<const ZoneCopy> copy, std::optional<uint32_t> serial,
               Request request, std::optional<TsigSession> signature);

  bool done() const { return stage_ == Stage::kDone; }
  // True when deltas, or the one SOA, answer an IXFR.
  bool incremental() const { return incremental_; }
  // Writes the next message into `out` (kTcpSizeMax octets) and returns its size. Requires !done().
  // A record that fits no message ends the transfer with SERVFAIL.
  size_t Next(uint64_t now_s, absl::Span<uint8_t> out);

 private:
  enum class Stage : uint8_t { kFirstSoa, kRecords, kLastSoa, kDone };
  enum class Part : uint8_t { kOldSoa, kRemoved, kNewSoa, kAdded };

  // The record that comes next, and the step past it.
  RecordView Current() const;
  void Advance();
  void SkipEmptyParts();
  bool Put(const RecordView& record, Writer* writer);

  const std::shared_ptr<const ZoneCopy> copy_;
  const Request request_;
  std::optional<TsigSession> signature_;
  absl::Span<const std::shared_ptr<const ZoneDelta>> deltas_;  // of copy_
  bool incremental_ = false;
  bool one_soa_ = false;
  bool first_message_ = true;
  Stage stage_ = Stage::kFirstSoa;
  CopyCursor cursor_;
  size_t delta_ = 0;
  Part part_ = Part::kOldSoa;
  size_t index_ = 0;  // within removed or added
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TRANSFER_ZONE_TRANSFER_H_
