// steering/solve/solve.h -- shares and prices: cheapest targets first, no limit overfilled.
//
//   prices ──► x_ij = pi_ij exp(-(c_ij + P_j)/eps) / Z_i,  P_j = sum_l a_jl lambda_l
//      ▲            │                                       one sweep over all slots
//      │            ▼
//      └── every lambda_l up where its limit is over H_l, down (not below 0) where it has room
//
// Minimises sum d_i x_ij c_ij + eps sum d_i x_ij ln(x_ij / pi_ij) with every limit within its
// headroom, each row split over its slots and a sink whose prior is the mean of its slots'. The
// prices are the dual, lambda_l = -eps ln w_l: the ms of detour that one unit more of l would save.
//
// why not an LP: its answers are all or nothing, so noise in the input moves whole groups. Here x
// is smooth; the bias is at most eps ln(K + 1) ms per unit of demand, K = slots in the longest row,
// for equal priors.
// Guarantees, whatever the sweep budget: rows sum to one with the sink (1e-5); no limit above
// headroom * (1 + tolerance), excess goes to the sink; same input, same bits (on one machine: exp
// and log are libm's); solving again from the prices of a converged solve changes nothing.
// Limits: with several limits on one target, raising one headroom may raise the price of another
// (they are complements there); with one limit per target it never does.
// Thread safety: one Solver per thread. It keeps its buffers, so that a tick of known sizes
// allocates nothing.
// cost: about two passes over the slots for each sweep, plus one exp per slot each time prices have
// moved far from where the exps were taken (twice for a warm tick). Memory: 8 bytes a slot. Floats,
// because doubles took 18 % longer for a warm tick and twice the memory.
// references: Benamou et al. 2015 (KL projections; inequality marginals); Chizat et al. 2018
// (absorption keeps the scaling in range); Darroch and Ratcliff 1972 (scaling with factors).
#ifndef SPILLWAY_STEERING_SOLVE_SOLVE_H_
#define SPILLWAY_STEERING_SOLVE_SOLVE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "steering/solve/problem.h"

namespace spillway::solve {

struct Options {
  double over_relaxation = 1.6;  // 1 <= . < 2
  double tolerance = 0.01;       // of headroom, both over a limit and unused below a priced one
                                 // (floats' rounding shows below about 1e-5)
  double slack = 0;              // of headroom; more that a priced limit may leave unused, so that
                                 // a warm start keeps its prices while the input only trembles
  int sweeps_max = 100;          // a count, not a time: the same everywhere; one more may run
};

struct Solution {
  std::vector<float> shares;            // by slot
  std::vector<float> sink_shares;       // by row
  std::vector<double> price_ms;         // by limit, per unit of it; infinite where closed
  std::vector<double> target_price_ms;  // by target, per unit of demand; infinite where closed
  std::vector<double> limit_load;       // by limit, in its units, as the shares give it
  int sweeps = 0;
  bool converged = false;
  double worst_violation = 0;  // largest load / headroom - 1 before clamping, or 0
  double clamped_demand = 0;   // what clamping sent to the sink, in demand units
};

class Solver {
 public:
  // `warm_price_ms` is empty (cold) or the price_ms of an earlier tick, by limit; what is not
  // finite starts at 0. The result is valid until the next Solve().
  const Solution& Solve(const Problem& problem, const Options& options,
                        absl::Span<const double> warm_price_ms = {});

 private:
  struct Use {
    uint32_t target;
    double factor;  // relative to the limit's largest
  };

  void Prepare(absl::Span<const double> warm_price_ms);
  void PriceTargets();
  bool PricesMovedFar() const;
  void Absorb();
  void AbsorbRow(size_t row);
  void Sweep();
  double MeasureLimits(double slack);
  void Project();
  void ProjectLimit(size_t limit);
  void Relax(double over_relaxation);
  void Leap(double steps);
  void Publish();
  void Clamp(double tolerance);

  const Problem* problem_ = nullptr;
  Solution out_;
  // By limit. A closed limit has no uses and takes no part.
  std::vector<uint32_t> limit_begin_, limit_next_;
  std::vector<Use> limit_uses_;
  std::vector<double> factor_max_, price_, price_before_, load_;
  std::vector<double> step_;  // last change of the price, in eps
  double leap_most_ = 0;
  int since_leap_ = 0;
  // By target.
  std::vector<uint8_t> closed_;
  std::vector<double> target_price_, absorbed_price_, target_load_, keep_;
  std::vector<float> weight_;  // exp(-(target_price_ - absorbed_price_) / eps)
  // By slot and row: prior * exp(-(cost + absorbed price - row minimum) / eps).
  std::vector<float> kernel_, sink_kernel_;
  std::vector<float> prior_part_;  // by slot: of the row's mean; 0 where closed
};

}  // namespace spillway::solve

#endif  // SPILLWAY_STEERING_SOLVE_SOLVE_H_
