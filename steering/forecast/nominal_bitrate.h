// steering/forecast/nominal_bitrate.h -- what a session reserves, against what the policy says.
//
//   egress / session   ┌╮  ╭──╮        raised within minutes,
//   ───────────────────╯╰──╯  ╰────    lowered only to the most of the last two hours
//
// why: variable bitrate makes quiet scenes cheap, and every viewer sees the same scene at once. A
// nominal that followed them down would fill targets that the next loud scene overloads (Netflix,
// research notes 5.6: reserve by nominal, not by traffic).
// units: factor on the policy's bitrate. thread safety: none. No heap.
#ifndef SPILLWAY_STEERING_FORECAST_NOMINAL_BITRATE_H_
#define SPILLWAY_STEERING_FORECAST_NOMINAL_BITRATE_H_

#include <array>
#include <cstddef>

namespace spillway {

class NominalBitrate {
 public:
  // `seen`: measured Mbps for each session over the policy's, `length_s` after the last.
  void Add(double seen, double length_s);
  double factor() const { return factor_; }

 private:
  // Two hours: longer than a film's quiet act or a studio break between two fights.
  static constexpr size_t kSpans = 12;
  static constexpr double kSpan_s = 600;

  std::array<double, kSpans> most_ = {};  // of each span, newest at span_
  size_t span_ = 0, spans_ = 1;
  double span_s_ = 0;
  double smooth_ = 0;  // 0 = nothing seen yet
  double factor_ = 1;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_NOMINAL_BITRATE_H_
