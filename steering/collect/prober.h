// steering/collect/prober.h -- asks every target, again and again, whether it is alive.
//
//   Policy.targets[].probes ──Update──► schedule ──► libcurl multi (HTTP, HTTPS) ─┐
//                                       by due time ─► connect(2)  (TCP) ─────────┴─► FeedTable
//
// One thread. Starts are spread over the interval and jittered by a tenth, so that a fleet of ours
// never probes in step. HTTP connections are kept, because a fresh TLS handshake costs 13 times a
// kept one (770 to 58 us of CPU); every kFreshEvery-th probe ends its connection, so that a target
// that only serves old connections is found out.
//
// limits: `parallel_max` probes in flight (later ones wait and are counted late), as many idle
//      connections at most, kAnswerSizeMax bytes read of an answer. Redirects are not followed,
//      proxies of the environment not used.
// thread safety: all methods may be called from any thread.
#ifndef SPILLWAY_STEERING_COLLECT_PROBER_H_
#define SPILLWAY_STEERING_COLLECT_PROBER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "steering/feed/feed_table.h"
#include "steering/model/policy.h"

namespace spillway {

class ProbeLoop;

class Prober {
 public:
  struct Options {
    std::string vantage = "local";  // this node's name
    int parallel_max = 256;
    uint64_t seed = 0;  // of the jitter: differs from node to node
  };
  enum class Outcome : uint8_t { kOk, kBadStatus, kTimeout, kConnect, kOther };
  static constexpr size_t kOutcomeCount = 5;
  static constexpr int kFreshEvery = 10;
  static constexpr size_t kAnswerSizeMax = 64 << 10;

  // Starts at once. The table and the clock must outlive the prober.
  Prober(std::shared_ptr<const Policy> policy, FeedTable* table, const Clock* clock,
         Options options);
  ~Prober();  // stops without waiting for answers

  // Probes that check the same as before keep their schedule and their connection.
  void Update(std::shared_ptr<const Policy> policy);

  uint64_t count(Outcome outcome) const { return outcomes_[static_cast<size_t>(outcome)].Get(); }
  uint64_t connections() const { return connections_.Get(); }
  void WriteMetrics(MetricsWriter* writer) const;

 private:
  friend class ProbeLoop;
  void Run();

  FeedTable* const table_;
  const Clock* const clock_;
  const Options options_;
  std::array<Counter, kOutcomeCount> outcomes_;
  Counter connections_;  // opened for HTTP
  Counter late_;         // probes that waited for a place in flight
  std::atomic<bool> stop_{false};
  Mutex mu_;
  std::shared_ptr<const Policy> next_policy_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<ProbeLoop> loop_;
  std::thread thread_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_COLLECT_PROBER_H_
