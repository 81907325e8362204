// sim/rivals/allocation.h -- demand of rows placed into room of targets, least detour first: what
// load feedback and the clairvoyant have in common.
//
// units: demand and room in the same, any; shares are parts of a row's demand. thread safety: none.
#ifndef SPILLWAY_SIM_RIVALS_ALLOCATION_H_
#define SPILLWAY_SIM_RIVALS_ALLOCATION_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "steering/plan/plan.h"
#include "steering/solve/solve.h"

namespace spillway::sim {

// Appends what every link may still take: `fill` of it, less what is pinned on its targets.
void AddLinkRoom(const Policy& policy, absl::Span<const double> link_mbps, double fill,
                 absl::Span<const double> pinned_mbps, std::vector<double>* room);

class Allocation {
 public:
  explicit Allocation(int sweeps_max = 200) : sweeps_max_(sweeps_max) {}

  // Services of a lower class are refused first. `room` by target, then by Policy::limits, or by
  // target alone (links are not looked at): <= 0 closes it. `frame` and the size of `room` must be
  // the same each time. Starts from the prices of the last call. Valid until the next.
  const solve::Solution& Solve(const Frame& frame, absl::Span<const double> demand,
                               absl::Span<const double> room);

  // Weights of a row: what was placed, and what was refused by `spill` (any unit, by target).
  void Weigh(const Frame& frame, size_t row, absl::Span<const Slot> slots,
             absl::Span<const double> spill, absl::Span<double> weights) const;
  // Part of all demand that found no room.
  double Refused(absl::Span<const double> demand) const;

 private:
  void Bind(const Frame& frame, bool links);

  const int sweeps_max_;  // 200: twice the controller's, nobody waits for this one

  std::vector<uint32_t> row_begin_, slot_target_, use_begin_, use_limit_;
  std::vector<double> use_factor_, price_;
  std::vector<uint8_t> row_class_;
  std::vector<float> cost_, prior_;
  solve::Solver solver_;
  const solve::Solution* solution_ = nullptr;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_RIVALS_ALLOCATION_H_
