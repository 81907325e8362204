// steering/solve/exponential.h -- e^x for the kernel of solve.h, four at a time.
//
// Millions of exponents a tick: the loop that called libm's expf for each took a seventh of it
// (controller_bench), and GCC 12 makes no vector instructions of one that has branches.
#ifndef SPILLWAY_STEERING_SOLVE_EXPONENTIAL_H_
#define SPILLWAY_STEERING_SOLVE_EXPONENTIAL_H_

#include <cstdint>
#include <cstring>

#include "absl/types/span.h"

namespace spillway::solve {

using Floats = float __attribute__((vector_size(16)));
using Words = uint32_t __attribute__((vector_size(16)));

// What is less is flushed to 0: well above float's denormals, at e^-87.
inline constexpr float kExponentMin = -69.0f;

// e^x within 3e-7 of it for x in [kExponentMin, 0]; 0 for any other x.
//
// x = n ln 2 + r with |r| <= ln 2 / 2: e^r by Taylor's series, of which the term left out is below
// 1.3e-7, and 2^n by the exponent's bits. ln 2 in two parts (Cody and Waite, 1980): n times the
// first, of few bits, is exact.
inline Floats ExpOfNegative(Floats x) {
  constexpr float kRound = 0x1.8p23f;  // adding it leaves the integer in the last bits
  constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  const Floats shifted = x * 1.44269504f + kRound;
  const Floats n = shifted - kRound;
  const Floats r = (x - n * kLn2High) - n * kLn2Low;
  Floats e = r * (1 / 720.0f) + 1 / 120.0f;
  e = e * r + 1 / 24.0f;
  e = e * r + 1 / 6.0f;
  e = e * r + 0.5f;
  e = (e * r + 1) * r + 1;
  const Words power = reinterpret_cast<Words>(shifted) << 23;
  const Words in_range = reinterpret_cast<Words>((x >= kExponentMin) & (x <= 0));
  return reinterpret_cast<Floats>((reinterpret_cast<Words>(e) + power) & in_range);
}

// values[i] = e^values[i]
inline void Exponentiate(absl::Span<float> values) {
  const auto take = [&](size_t i, size_t bytes) {
    Floats x = {};
    std::memcpy(&x, values.data() + i, bytes);
    x = ExpOfNegative(x);
    std::memcpy(values.data() + i, &x, bytes);
  };
  size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) take(i, sizeof(Floats));  // a constant: no call
  if (i < values.size()) take(i, (values.size() - i) * sizeof(float));
}

}  // namespace spillway::solve

#endif  // SPILLWAY_STEERING_SOLVE_EXPONENTIAL_H_
