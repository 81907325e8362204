// steering/forecast/load_filter.h -- what the model's units are worth, from total load alone.
//
//   measured = sum over services (dns weight x dns load + redirect weight x redirect load)
//              + inherited weight x inherited + background + noise
//
//   Kalman filter, linear in all of these, without an opinion on DNS weights ──┐
//   prior: their logarithms are normal, alike between services ────────────────┴─► most probable
//
// why in two parts: a DNS weight may be anything from a twentieth to hundreds, which only a
// logarithm can say; a Kalman filter on logarithms drifts where the total cannot tell two states
// apart (its slopes move with the noise), one on the weights themselves does not.
// why it keeps still: a weight gains doubt as its own traffic changes, hardly with time. A steady
// state tells nothing about what the load is made of, and must not be read as if it did.
// units: Mbps of nominal load, seconds. thread safety: none. No heap after Resize.
// cost: O(services^3) each; services are few (Calibrator limits them).
// references: Jazwinski 1970, chapter 7 (Kalman filter).
#ifndef SPILLWAY_STEERING_FORECAST_LOAD_FILTER_H_
#define SPILLWAY_STEERING_FORECAST_LOAD_FILTER_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/types/span.h"

namespace spillway {

class LoadFilter {
 public:
  struct Loads {
    absl::Span<const double> dns, redirect;  // by service
    double inherited = 0;
  };

  void Resize(size_t services);
  // Service `i` of this becomes service from[i] of `other`; nullopt: stays at its prior.
  void Carry(const LoadFilter& other, absl::Span<const std::optional<size_t>> from);

  // One look at the total, `length_s` after the last. `noise`: standard deviation over `measured`.
  // Requires finite, >= 0 loads of Resize's size, measured > 0. Returns how well `measured`
  // was foreseen: the log likelihood by its noise alone, so that no filter looks better for being
  // surer of itself.
  double Update(double length_s, const Loads& loads, double measured, double noise);

  // The last total was nothing that the weights explain: the background jumped.
  bool surprised() const { return surprised_; }
  double dns_weight(size_t service) const { return best_[service]; }
  double redirect_weight(size_t service) const;
  double background_mbps() const { return best_[size() - 2]; }
  double inherited_weight() const { return best_[size() - 1]; }

 private:
  // States: dns weights, redirect weights, background, inherited weight.
  size_t size() const { return 2 * services_ + 2; }
  size_t background() const { return size() - 2; }
  double& Covariance(size_t i, size_t j) { return covariance_[i * size() + j]; }
  double Covariance(size_t i, size_t j) const { return covariance_[i * size() + j]; }
  double PriorPrecision(size_t i, size_t j) const;
  double Load(const Loads& loads, size_t state) const;
  void GainDoubt(double length_s, const Loads& loads, double measured);
  void AddDoubt(size_t state, double variance, double most);
  void Learn(double off, double variance);
  double Spread();
  bool FindBest();
  bool InvertDnsCovariance();
  double Misfit(absl::Span<const double> logs) const;
  void BestOthers();

  size_t services_ = 0;
  bool started_ = false;
  bool surprised_ = false;
  std::vector<double> state_, covariance_;  // of the linear filter; rows of size()
  std::vector<double> best_;                // with the prior: what is given out
  std::vector<double> before_;              // loads of the last look
  std::vector<double> slope_, spread_;      // loads; covariance x slope
  // By service: logarithms of the best DNS weights, a step, and the inverse of their covariance.
  std::vector<double> logs_, next_, step_, precision_, curvature_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_LOAD_FILTER_H_
