// sim/report/evening_json.h -- evenings as JSON, for programs and for the page.
//
// The shape is documented, key by key, in docs/REHEARSAL.md. One shape for one evening and for
// many; with many, `targets` keep their utilisation only and there are no `regions`, so that a
// comparison of twelve stays small. Numbers are rounded to what a plot can show.
#ifndef SPILLWAY_SIM_REPORT_EVENING_JSON_H_
#define SPILLWAY_SIM_REPORT_EVENING_JSON_H_

#include <string>
#include <vector>

#include "sim/report/evening.h"

namespace spillway::sim {

// `command` repeats the rehearsal. Evenings may differ in steering and policy, not in scenario.
std::string EveningsJson(const std::vector<Evening>& evenings, const std::string& command);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REPORT_EVENING_JSON_H_
