// steering/control/alert_lines.h -- when an alert that lasts and flaps is worth a line in the log.
//
//   on ──► kBegins, at once      on again within kQuiet: nothing      off for kQuiet ──► kEnds
//
// why: a planner looks up to 100 times a second; one line when it begins and one when it has been
//      over for a while is at most two a minute, whatever it does between.
// thread safety: none; its owner's.
#ifndef SPILLWAY_STEERING_CONTROL_ALERT_LINES_H_
#define SPILLWAY_STEERING_CONTROL_ALERT_LINES_H_

#include <cstdint>

#include "absl/time/time.h"

namespace spillway {

class AlertLines {
 public:
  // What is gone for a minute is gone: the longest wait here is fail-static's (plan_watchdog.h).
  static constexpr absl::Duration kQuiet = absl::Minutes(1);

  enum class Say : uint8_t { kNothing, kBegins, kEnds };

  Say Update(bool on, absl::Time now) {
    if (on) {
      seen_ = now;
      if (said_) return Say::kNothing;
      said_ = true;
      return Say::kBegins;
    }
    if (!said_ || now - seen_ < kQuiet) return Say::kNothing;
    said_ = false;
    return Say::kEnds;
  }

 private:
  bool said_ = false;
  absl::Time seen_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_CONTROL_ALERT_LINES_H_
