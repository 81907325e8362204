// steering/resolvers/cache_estimate.h -- how many sessions begin behind an address, by its gaps.
//
//   cache A  |== answer, TTL T ==|· wait ·|== answer ==|wait|== ...      wait ~ Exp(lambda of A)
//   cache B        |== answer ==|·· wait ··|== answer ==|
//   we see   ^     ^                      ^ ^            ^
//
// A cache asks when the first session after the expiry arrives, so its waits are exponential with
// the rate of its sessions: lambda = 1 / (mean gap - T). A question while every answer we gave is
// still alive comes from another cache behind the address. Each question is taken to come from the
// cache that expired last; for equal caches the sum of waits does not depend on the pairing.
// A cache counts once it has come back after an expiry: a lost reply makes no second cache.
//
// More than kCachesMax at once: the number of live answers is then binomial (caches, p), whose
// variance over mean is 1 - p, and lambda = queries/s / (1 - p), at most kSessionsPerQueryMax times
// the queries.
// limits: the wait is only as good as the second a resolver rounds its TTLs to and the way there
// and back: beyond kWaitMinS no rate can be told, so a cache has at most 1 / kWaitMinS sessions/s.
// units: milliseconds that wrap (answer_log.h), seconds where a name ends in _s.
// references: Jung, Berger, Balakrishnan, Modeling TTL-based Internet caches (INFOCOM 2003); Cox,
// Renewal Theory, ch. 7 (alternating renewal process).
#ifndef SPILLWAY_STEERING_RESOLVERS_CACHE_ESTIMATE_H_
#define SPILLWAY_STEERING_RESOLVERS_CACHE_ESTIMATE_H_

#include <array>
#include <cstdint>

namespace spillway {

class CacheEstimate {
 public:
  // Told apart one by one; more are a crowd.
  static constexpr int kCachesMax = 16;
  // A round trip from a resolver to its name server is seldom shorter.
  static constexpr float kWaitMinS = 0.02f;
  // A mean over about 16 waits is right to 1/4 and follows a change within 16 TTLs.
  static constexpr float kMemory = 16;
  // What a crowd of caches may claim: p up to 3/4. Machines that ask by the clock look like p = 1.
  static constexpr double kSessionsPerQueryMax = 4;

  // An answer with `ttl_s` (>= 1) was given. `learn` false: an earlier one may have been missed, so
  // the wait before this one means nothing.
  void Answered(uint32_t at_ms, uint32_t ttl_s, bool learn = true);

  // Sessions/s now; 0 before the first wait is known. Fades when the address falls silent. Never
  // NaN or infinite.
  double SessionsPerS(uint32_t now_ms) const;
  // Waits seen so far, saturating.
  int waits() const { return waits_; }
  int caches() const { return __builtin_popcount(confirmed_); }
  // The part of time one of its caches holds an answer.
  double WarmPart() const;
  double ttl_s() const { return ttl_s_; }

 private:
  int FindExpired(uint32_t at_ms) const;
  float DarkSince(uint32_t at_ms) const;
  void Learn(int place, uint32_t at_ms);
  void ForgetGone(uint32_t at_ms);
  void CountWindow(uint32_t at_ms);
  double CrowdRate() const;
  bool crowded(uint32_t now_ms) const;

  using Places = uint16_t;  // a bit each
  static_assert(8 * sizeof(Places) == kCachesMax);

  std::array<uint32_t, kCachesMax> expiry_ms_{};
  std::array<uint16_t, kCachesMax> life_s_{};  // TTL of that answer
  Places used_ = 0;
  Places confirmed_ = 0;  // has come back once
  uint16_t waits_ = 0;
  float mean_wait_s_ = 0;
  float ttl_s_ = 0;  // of the last answer
  uint32_t last_ms_ = 0;
  // Answers per window of one TTL, for crowds.
  uint32_t window_end_ms_ = 0;
  uint32_t crowded_until_ms_ = 0;
  float window_s_ = 0;  // 0 = none yet
  float window_mean_ = 0;
  float window_var_ = 0;
  uint16_t window_count_ = 0;
  uint8_t windows_ = 0;
  bool was_crowded_ = false;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_RESOLVERS_CACHE_ESTIMATE_H_
