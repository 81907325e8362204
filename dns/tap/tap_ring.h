// dns/tap/tap_ring.h -- sampled messages of one worker, on their way to the dnstap thread.
//
//   worker ──Due? Add──► [ ring of kSize octets: size, facts, query, reply | ... ] ─Drain─► Dnstap
//                          full: the pair is dropped and counted
//
// One writing and one reading thread; no lock, heap or system call in either, but for a look at the
// clock per sampled message.
#ifndef SPILLWAY_DNS_TAP_TAP_RING_H_
#define SPILLWAY_DNS_TAP_TAP_RING_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "base/one_in.h"

namespace spillway::dns {

struct TapFacts {
  int64_t unix_ns = 0;
  Endpoint client;  // behind a proxy whom it names, with port 0
  Endpoint server;
  bool tcp = false;
  uint32_t query_size = 0;
  uint32_t reply_size = 0;  // 0 = there was none
};

class TapRing {
 public:
  // 1 MiB: 4,000 pairs of usual size, a tenth of a second at 40,000 sampled answers a second.
  static constexpr size_t kSize = size_t{1} << 20;

  // One of `every` messages is taken; 1 = all.
  TapRing(const Clock& clock, uint32_t every) : clock_(clock), sample_(every), octets_(kSize) {}
  TapRing(const TapRing&) = delete;
  TapRing& operator=(const TapRing&) = delete;

  // The worker's side. True for the messages to Add.
  bool Due() { return sample_.Due(); }
  // Sizes and time of `facts` are filled in here.
  void Add(TapFacts facts, absl::Span<const uint8_t> query, absl::Span<const uint8_t> reply) {
    const size_t wanted = sizeof facts + query.size() + reply.size();
    if (kSize - (next_ - tail_.load(std::memory_order_acquire)) < wanted) return dropped_.Add();
    facts.unix_ns = absl::ToUnixNanos(clock_.Now());
    facts.query_size = static_cast<uint32_t>(query.size());
    facts.reply_size = static_cast<uint32_t>(reply.size());
    Put(&facts, sizeof facts);
    Put(query.data(), query.size());
    Put(reply.data(), reply.size());
    head_.store(next_, std::memory_order_release);
  }

  // The reader's side: calls f(facts, query, reply) for all there is; the views live that long.
  template <typename F>
  void Drain(F f) {
    const uint64_t end = head_.load(std::memory_order_acquire);
    while (read_ != end) {
      TapFacts facts;
      Get(&facts, sizeof facts);
      scratch_.resize(facts.query_size + facts.reply_size);
      Get(scratch_.data(), scratch_.size());
      tail_.store(read_, std::memory_order_release);
      const absl::Span<const uint8_t> both = scratch_;
      f(facts, both.first(facts.query_size), both.subspan(facts.query_size));
    }
  }

  uint64_t dropped() const { return dropped_.Get(); }  // from any thread

 private:
  void Put(const void* data, size_t size) {
    const size_t at = next_ % kSize;
    const size_t first = std::min(size, kSize - at);
    if (first > 0) std::memcpy(&octets_[at], data, first);
    if (size > first)
      std::memcpy(octets_.data(), static_cast<const uint8_t*>(data) + first, size - first);
    next_ += size;
  }
  void Get(void* data, size_t size) {
    const size_t at = read_ % kSize;
    const size_t first = std::min(size, kSize - at);
    if (first > 0) std::memcpy(data, &octets_[at], first);
    if (size > first)
      std::memcpy(static_cast<uint8_t*>(data) + first, octets_.data(), size - first);
    read_ += size;
  }

  const Clock& clock_;
  OneIn sample_;
  std::vector<uint8_t> octets_;
  uint64_t next_ = 0;  // the worker's
  Counter dropped_;
  // 64: a cache line, so that worker and reader do not take each other's.
  alignas(64) std::atomic<uint64_t> head_{0};
  alignas(64) std::atomic<uint64_t> tail_{0};
  uint64_t read_ = 0;  // the reader's
  std::vector<uint8_t> scratch_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TAP_TAP_RING_H_
