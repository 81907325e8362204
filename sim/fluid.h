// sim/fluid.h -- the two steps that the fluid world takes everywhere.
#ifndef SPILLWAY_SIM_FLUID_H_
#define SPILLWAY_SIM_FLUID_H_

#include <cmath>

namespace spillway::sim {

// The part that ends within a second of what lasts `mean_s` and ends memorylessly.
inline double EndingIn1s(double mean_s) { return -std::expm1(-1 / mean_s); }

// Adds `amount`; returns the whole part and keeps the rest.
inline float TakeWhole(double amount, double* rest) {
  *rest += amount;
  const double whole = std::floor(*rest);
  *rest -= whole;
  return static_cast<float>(whole);
}

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_FLUID_H_
