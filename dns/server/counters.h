// dns/server/counters.h -- what one worker did with what it received; summed when read.
//
// invariants: (1) every UDP datagram and every framed TCP message raises exactly one Outcome
// counter, so sum(outcomes) == udp_messages + tcp_messages whenever the worker is idle (tested in
// worker_test).
// thread safety: written by one worker, read by any thread.
#ifndef SPILLWAY_DNS_SERVER_COUNTERS_H_
#define SPILLWAY_DNS_SERVER_COUNTERS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/latency_histogram.h"
#include "base/metrics.h"

namespace spillway::dns {

enum class Outcome : uint8_t {
  kAnswer,  // NOERROR with data, an alias chain that leaves our zones included
  kNoData,  // NOERROR, the name exists but not the type
  kNxDomain,
  kReferral,
  kYxDomain,  // a DNAME made the name too long
  kRefused,
  kFormErr,
  kNotImp,
  kBadVers,
  kServFail,    // a bug of ours, also counted as one
  kDropped,     // no reply: shorter than a header, or itself a response
  kCookieOnly,  // NOERROR without a question: only a cookie was asked for (RFC 7873 5.4)
  kSlipped,     // over the rate: an empty reply with TC, or BADCOOKIE when there was a cookie
  kLimited,     // over the rate: no reply
  kNotAuth,     // a signature that is not right (RFC 8945 5.2), or no zone of ours to copy
  kTransfer,    // a zone, what changed of it, or that nothing did
};
inline constexpr size_t kOutcomeCount = 16;

constexpr absl::string_view OutcomeName(Outcome outcome) {
  constexpr absl::string_view kNames[kOutcomeCount] = {
      "answer",  "nodata",   "nxdomain", "referral", "yxdomain", "refused", "formerr", "notimp",
      "badvers", "servfail", "dropped",  "cookie",   "slipped",  "limited", "notauth", "transfer"};
  return kNames[static_cast<size_t>(outcome)];
}

struct DnsCounters {
  std::array<Counter, kOutcomeCount> outcomes;
  Counter udp_messages;
  Counter tcp_messages;
  Counter truncated;        // replies with TC
  Counter steered;          // replies in which a plan chose the answer
  Counter last_resort;      // of those, given although every target was down
  Counter udp_send_failed;  // replies the kernel would not take
  Counter tcp_accepted;
  Counter tcp_closed_idle;  // by us, nothing received for the idle time
  Counter tcp_evicted;      // by us, to make room for a new connection
  Counter proxy_refused;    // datagrams and connections at a proxy listener; no messages
  Counter transfers_whole;  // begun; the rest of outcome kTransfer was incremental
  LatencyHistogram udp_latency;

  Counter& outcome(Outcome o) { return outcomes[static_cast<size_t>(o)]; }
  const Counter& outcome(Outcome o) const { return outcomes[static_cast<size_t>(o)]; }
};

// The same as plain numbers.
struct DnsTotals {
  std::array<uint64_t, kOutcomeCount> outcomes{};
  uint64_t udp_messages = 0;
  uint64_t tcp_messages = 0;
  uint64_t truncated = 0;
  uint64_t steered = 0;
  uint64_t last_resort = 0;
  uint64_t udp_send_failed = 0;
  uint64_t tcp_accepted = 0;
  uint64_t tcp_closed_idle = 0;
  uint64_t tcp_evicted = 0;
  uint64_t proxy_refused = 0;
  uint64_t transfers_whole = 0;
  LatencyTotals udp_latency;

  uint64_t outcome(Outcome o) const { return outcomes[static_cast<size_t>(o)]; }
  void Add(const DnsCounters& counters) {
    for (size_t i = 0; i < kOutcomeCount; ++i) outcomes[i] += counters.outcomes[i].Get();
    udp_messages += counters.udp_messages.Get();
    tcp_messages += counters.tcp_messages.Get();
    truncated += counters.truncated.Get();
    steered += counters.steered.Get();
    last_resort += counters.last_resort.Get();
    udp_send_failed += counters.udp_send_failed.Get();
    tcp_accepted += counters.tcp_accepted.Get();
    tcp_closed_idle += counters.tcp_closed_idle.Get();
    tcp_evicted += counters.tcp_evicted.Get();
    proxy_refused += counters.proxy_refused.Get();
    transfers_whole += counters.transfers_whole.Get();
    udp_latency.Add(counters.udp_latency);
  }
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_COUNTERS_H_
