// dns/transfer/tsig_session.h -- one signed exchange: is the other side's MAC right, and ours.
//
//   request ──Check──► TsigSession ──Sign──► reply ──Sign──► next message of a transfer ...
//                        └ error: BADKEY and BADSIG go out unsigned, BADTIME and BADTRUNC signed
//   ours ──Ask──► Sign(request) ... Accepts(reply)                 (NOTIFY)
//
// A MAC covers: the MAC before it in the exchange (size first), the message without its TSIG (ID as
// it was signed, ARCOUNT one less), and the record's fields; in the second message of a reply and
// later only time and fudge of the fields. Every message of a transfer is signed.
// references: RFC 8945 4.3 (what is covered), 5.2 (order of checks), 5.3 (replies).
#ifndef SPILLWAY_DNS_TRANSFER_TSIG_SESSION_H_
#define SPILLWAY_DNS_TRANSFER_TSIG_SESSION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/types/span.h"
#include "dns/transfer/tsig_keys.h"
#include "dns/wire/tsig.h"
#include "dns/wire/writer.h"

namespace spillway::dns {

// Where the TSIG record of a message begins: its last record. None when it has none, or cannot be
// read.
std::optional<size_t> FindTsig(absl::Span<const uint8_t> message);

class TsigSession {
 public:
  // How far clocks may be apart when we are the first to say (RFC 8945 10).
  static constexpr uint16_t kFudgeS = 300;

  // For the request `message` whose sound TSIG stands at `tsig_offset`. `keys` may be null.
  static TsigSession Check(const TsigKeys* keys, absl::Span<const uint8_t> message,
                           size_t tsig_offset, uint64_t now_s);
  // For a request of ours.
  static TsigSession Ask(std::shared_ptr<const TsigKey> key);

  // True when the MAC has a length no MAC may have: FORMERR (RFC 8945 5.2.2.1).
  bool malformed() const { return malformed_; }
  TsigError error() const { return error_; }
  // Who signed, once that is proven; else null.
  const TsigKey* signer() const;

  // Room Sign needs.
  size_t size() const;
  // Appends our record to the whole message in `writer`, which begins at its octet 0, and counts it
  // in ARCOUNT. Requires room.
  void Sign(uint64_t now_s, Writer* writer);

  // True when `reply` (its TSIG at `tsig_offset`) is signed by the other side of Ask and in time.
  bool Accepts(absl::Span<const uint8_t> reply, size_t tsig_offset, uint64_t now_s) const;

 private:
  TsigSession() = default;
  bool Signs() const { return error_ != TsigError::kBadKey && error_ != TsigError::kBadSig; }
  Tsig Record(uint64_t now_s) const;

  std::shared_ptr<const TsigKey> key_;
  TsigError error_ = TsigError::kNone;
  bool malformed_ = false;
  bool first_ = true;  // nothing of ours is signed yet
  bool asks_ = false;  // our message is the request
  Name key_name_;      // letters as sent
  Name algorithm_;     // likewise
  uint64_t request_time_s_ = 0;
  uint16_t fudge_s_ = kFudgeS;
  uint16_t original_id_ = 0;
  TsigMac before_;                  // the MAC the next one builds on
  std::array<uint8_t, 6> other_{};  // our time, for BADTIME
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TRANSFER_TSIG_SESSION_H_
