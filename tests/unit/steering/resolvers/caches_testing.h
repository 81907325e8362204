// tests/unit/steering/resolvers/caches_testing.h -- resolvers made of caches, fed by Poisson streams.
//
//   sessions ~ Poisson(rate) ─► one of `caches` at random ─► a question when its answer has expired
//
// A model of its own: it knows the sessions, the estimator sees only the questions.
#ifndef SPILLWAY_TESTS_UNIT_STEERING_RESOLVERS_CACHES_TESTING_H_
#define SPILLWAY_TESTS_UNIT_STEERING_RESOLVERS_CACHES_TESTING_H_

#include <cstdint>
#include <random>
#include <vector>

namespace spillway {

// Starts near the wrap of 32 bits of milliseconds, because times that never wrap hide bugs.
inline constexpr double kStartS = 4'294'967.296 - 100;

inline uint32_t AtMs(double t_s) {
  return static_cast<uint32_t>(static_cast<uint64_t>((kStartS + t_s) * 1000));
}

struct CacheFarm {
  int caches = 1;
  double rate = 1;  // sessions/s of all
  double ttl_s = 30;
  double prefetch = 0;      // part of the TTL before its end in which a session renews it
  double rounding_s = 0;    // an answer lives this much shorter or longer, at random
  double lost_replies = 0;  // part of the questions asked again 1 s later

  // Calls answer(t_s, ttl_s) for every question until `until_s`; TTLs jittered by a fifth.
  template <typename Answer>
  void Run(double from_s, double until_s, std::mt19937_64& random, Answer answer) {
    std::exponential_distribution<double> gap(rate);
    std::uniform_real_distribution<double> uniform(0, 1);
    expiry.resize(static_cast<size_t>(caches), -1e9);
    ends.resize(expiry.size(), -1e9);
    for (double t = from_s + gap(random); t < until_s; t += gap(random)) {
      const size_t c = static_cast<size_t>(uniform(random) * caches);
      if (t < expiry[c]) continue;
      const int times = uniform(random) < lost_replies ? 2 : 1;
      double ttl = 0;
      for (int i = 0; i < times; ++i) {
        ttl = static_cast<int>(ttl_s * (0.8 + 0.4 * uniform(random)) + 0.5);
        answer(t + i, static_cast<uint32_t>(ttl));
      }
      expiry[c] = t + (times - 1) + ttl * (1 - prefetch) + rounding_s * (2 * uniform(random) - 1);
    }
  }

  std::vector<double> expiry, ends;
};

}  // namespace spillway

#endif  // SPILLWAY_TESTS_UNIT_STEERING_RESOLVERS_CACHES_TESTING_H_
