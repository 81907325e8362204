// dns/server/engine.h -- bytes in, bytes out: the whole DNS server except sockets.
//
//   query ──ParseQuery──► refusals (FORMERR, NOTIMP, BADVERS, REFUSED)
//                    ├──► Resolve ──► rate ──► header · question · sections · OPT · TSIG ──► reply
//                    └──► transfer over TCP: its first message; TakeTransfer has the others
//
// No lock or I/O; no heap but for signed messages, transfers, CHAOS and names that only a pattern
// matches; no clock but for a sampled decision (hot_path_test.cc holds the rest). Every message
// with a readable header gets a reply (RFC 8906), except responses; the question is echoed octet
// for octet (0x20 case included).
// invariants: (1) exactly one Outcome counter rises per message; (2) a UDP reply is never longer
// than 512, or with EDNS than what the client takes and udp_size_max allows; (3) no option of the
// query is copied but ECS, re-encoded, and a cookie that is ours; (4) a reply has an OPT exactly
// when the query had one.
// thread safety: one engine per worker.
#ifndef SPILLWAY_DNS_SERVER_ENGINE_H_
#define SPILLWAY_DNS_SERVER_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/types/span.h"
#include "base/ip.h"
#include "dns/server/counters.h"
#include "dns/server/rate_limiter.h"
#include "dns/server/resolve.h"
#include "dns/transfer/tsig_session.h"
#include "dns/transfer/zone_transfer.h"
#include "dns/wire/edns.h"
#include "dns/wire/query.h"
#include "dns/wire/types.h"
#include "dns/wire/writer.h"
#include "steering/decisions/decision_ring.h"

namespace spillway::dns {

// Where a steered answer is written down: the row of DNS worker `worker` on the plan's grant board,
// and, unless null, the worker's log (committed by whoever owns the batch).
struct AnswerBooks {
  size_t worker = 0;
  AnswerLog* log = nullptr;
  DecisionRing* decisions = nullptr;  // the sample for people; null = none
};

struct EngineOptions {
  std::string nsid{};                   // RFC 5001; empty = not told
  bool chaos_identity = false;          // the same as id.server and hostname.bind CH TXT (RFC 4892)
  uint16_t udp_size_max = kUdpSizeMax;  // 512..4096
  AnswerBooks books{};                  // where our steered answers are written down
  uint16_t tcp_keepalive_ds = 0;        // RFC 7828, units of 100 ms; 0 = not told
  RateLimits rate{};
};

enum class Transport : uint8_t { kUdp, kTcp };

// One message from outside, as far as it could be read.
struct Incoming {
  absl::Span<const uint8_t> bytes;
  IpAddress peer;  // who asks
  Query query;
  WireError error = WireError::kOk;
};

class Engine {
 public:
  // `counters` outlives the engine.
  Engine(EngineOptions options, DnsCounters* counters)
      : options_(std::move(options)), counters_(*counters), limiter_(options_.rate) {}

  // Reads `bytes`, which outlive `message`. Of a batch all are read first: what deciding an answer
  // takes from far memory is on its way while the next are read.
  static void Read(const EngineView& view, absl::Span<const uint8_t> bytes, const IpAddress& peer,
                   Incoming* message);

  // Writes the reply to `message` into `out` and returns its size; 0 = send nothing. `out` has room
  // for udp_size_max octets (UDP) or kTcpSizeMax (TCP), else replies are cut to it.
  size_t Answer(const EngineView& view, const Incoming& message, Transport transport,
                absl::Span<uint8_t> out);
  // Both at once.
  size_t Answer(const EngineView& view, absl::Span<const uint8_t> bytes, const IpAddress& peer,
                Transport transport, absl::Span<uint8_t> out) {
    Incoming message;
    Read(view, bytes, peer, &message);
    return Answer(view, message, transport, out);
  }

  // The rest of the transfer that the last Answer began, or null: after every message over TCP.
  std::unique_ptr<ZoneTransfer> TakeTransfer() { return std::move(transfer_); }

 private:
  // A message with a readable header, and who sent it.
  struct Message {
    absl::Span<const uint8_t> bytes;
    const Query& query;
    WireError error;
    const IpAddress& peer;
    Transport transport;
    const CookieCheck& cookie;
    TsigSession* tsig;  // null: the message is not signed
  };
  size_t Reply(const EngineView& view, const Message& message, absl::Span<uint8_t> out);
  size_t ReplySigned(const EngineView& view, const Message& message, absl::Span<uint8_t> out);
  Resolution AnswerOtherClass(const Query& query, Sections* sections) const;
  Resolution BeginTransfer(const EngineView& view, const Message& message, Sections* sections);
  std::string OptOfTransfer(const Message& message) const;
  OptReply MakeOpt(const Message& message) const;
  RateLimiter::Verdict Judge(const EngineView& view, const Message& message, Outcome outcome);
  void Count(const EngineView& view, const Message& message, const Resolution& result);
  void Sample(const EngineView& view, const Message& message, const Resolution& result);
  size_t SizeLimit(const Query& query, Transport transport) const;

  const EngineOptions options_;
  DnsCounters& counters_;
  RateLimiter limiter_;
  std::unique_ptr<ZoneTransfer> transfer_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_ENGINE_H_
