// steering/control/loss_alarm.h -- what the newest "what if this target died?" means to people.
//
// The alarm is on while some target's loss would refuse more than kAlarmPart of what it carries.
// thread safety: all methods from any thread.
#ifndef SPILLWAY_STEERING_CONTROL_LOSS_ALARM_H_
#define SPILLWAY_STEERING_CONTROL_LOSS_ALARM_H_

#include <memory>

#include "absl/time/time.h"
#include "base/json_writer.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "steering/control/alert_lines.h"
#include "steering/control/n_minus_one_watch.h"

namespace spillway {

class LossAlarm {
 public:
  // A plan's solver is that exact (1 %): less is its tolerance, not a want of room.
  static constexpr double kAlarmPart = 0.01;
  // Nor is less than one viewer: an idle fleet has a little demand everywhere (1e-6 Mbps a row).
  static constexpr double kAlarmMbpsMin = 1;

  // Null before the first report. One line in the log when the alarm begins, one when it is over
  // (alert_lines.h); `now` is the plan's time. The same report twice says nothing new.
  void Take(std::shared_ptr<const LossReport> report, absl::Time now);

  bool on() const;
  // spillway_n_minus_one_*: nothing before the first report.
  void WriteMetrics(absl::Time now, MetricsWriter* out) const;
  // {"alarm", "age_s", "hardest": LOSS, "losses": [LOSS]}, LOSS = {"target", "lost_mbps",
  // "refused_mbps", "converged"}. "hardest" is the loss that the alarm is about, null while it is
  // off. Before the first report age_s is null and nothing is known.
  void WriteJson(absl::Time now, JsonWriter* out) const;

 private:
  mutable Mutex mu_;
  std::shared_ptr<const LossReport> report_ ABSL_GUARDED_BY(mu_);
  bool on_ ABSL_GUARDED_BY(mu_) = false;
  AlertLines lines_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_CONTROL_LOSS_ALARM_H_
