// sim/random.h -- chance for rehearsals: the same seed gives the same numbers on every machine.
//
// why: the standard library's distributions differ between implementations; SplitMix64 (Steele,
// Lea, Flood, OOPSLA 2014) is ten lines, passes BigCrush and splits into independent streams.
// thread safety: none; one stream per owner.
#ifndef SPILLWAY_SIM_RANDOM_H_
#define SPILLWAY_SIM_RANDOM_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

namespace spillway::sim {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // A stream of its own: adding draws to one part of the world must not change the others.
  Random Fork(uint64_t stream) const {
    return Random(Random(state_ ^ (stream * 0xd1342543de82ef95)).Next());
  }

  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }  // [0, 1)
  size_t Below(size_t n) { return static_cast<size_t>(Uniform() * static_cast<double>(n)); }
  // Box-Muller; the second value is thrown away, so that a draw never depends on the one before.
  double Normal() {
    const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
    return radius * std::cos(2 * std::numbers::pi * Uniform());
  }
  // Pareto with least value 1: P(X > x) = x^-alpha.
  double Pareto(double alpha) { return std::pow(1 - Uniform(), -1 / alpha); }

 private:
  uint64_t state_;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_RANDOM_H_
