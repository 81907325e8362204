// steering/forecast/event_rows.h -- where an event's audience is expected, row by row.
//
//   declared parts (countries, named groups) ─► fixed shares ──┐
//   the rest of the world ─► as the service's clients so far ──┴─► share of the event by row, sum 1
//                            (no clients yet: countries alike)
//
// A named group's part is inside its country's: the country's other rows share what is left.
// units: fractions of the event's peak. thread safety: immutable after Build.
#ifndef SPILLWAY_STEERING_FORECAST_EVENT_ROWS_H_
#define SPILLWAY_STEERING_FORECAST_EVENT_ROWS_H_

#include <vector>

#include "absl/types/span.h"
#include "steering/model/group.h"
#include "steering/model/policy.h"

namespace spillway {

struct EventRows {
  double peak = 0;              // sessions, everywhere together
  std::vector<float> declared;  // by group; sums to 1 - rest
  std::vector<float> blind;     // by group: how the rest divides when nothing is known; sums to 1
  double rest = 1;              // part of the peak nobody declared a place for
};

EventRows BuildEventRows(const Event& event, absl::Span<const Group> groups);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_EVENT_ROWS_H_
