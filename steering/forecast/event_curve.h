// steering/forecast/event_curve.h -- the audience an event is expected to have, over time.
//
//   sessions   peak ┤          ╭────────      smoothstep from `start` to `start + ramp`, then level
//                   │        ╱
//                 0 ┼──────╯                  arrivals = d(sessions)/dt + sessions / session length
//                        start   start + ramp
//
// why a smoothstep: it begins and ends without a jump of the arrivals, needs no scale beyond the
// ramp's length, and its integral is a polynomial. Its size and timing are only a prior: EventScale
// learns how much of it comes true.
// units: seconds from the event's start (negative before it), sessions, sessions/s.
// thread safety: plain values.
#ifndef SPILLWAY_STEERING_FORECAST_EVENT_CURVE_H_
#define SPILLWAY_STEERING_FORECAST_EVENT_CURVE_H_

namespace spillway {

struct EventCurve {
  double peak = 0;       // sessions; 0 = no event
  double ramp_s = 1;     // > 0
  double session_s = 1;  // > 0

  double Sessions(double at_s) const;
  double Arrivals(double at_s) const;
  // Mean arrivals/s over [from_s, to_s]; from_s <= to_s.
  double MeanArrivals(double from_s, double to_s) const;
};

// How many of the expected arrivals come: observed over expected, of the last half minute.
class EventScale {
 public:
  // `expected` and `observed` arrivals/s during the last `length_s`; `noise`: arrivals/s of them
  // that may be noise of the traffic without the event. `since_s`: since the event began.
  void Add(double expected, double observed, double noise, double length_s, double since_s);
  double value() const { return value_; }

 private:
  double expected_ = 0, observed_ = 0;  // arrivals, discounted
  double value_ = 1;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_EVENT_CURVE_H_
