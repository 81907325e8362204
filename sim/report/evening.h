// sim/report/evening.h -- one evening played, with all that a report tells of it, and its verdict.
//
//   Stage + SteeringFactory ──PlayEvening──► Evening ──┬─ Judge ──► Verdict
//                                 │                    ├─ EveningsJson (evening_json.h)
//                                 └─► OnProgress       └─ Page (page.h)
#ifndef SPILLWAY_SIM_REPORT_EVENING_H_
#define SPILLWAY_SIM_REPORT_EVENING_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sim/fleet.h"
#include "sim/report/tally.h"
#include "sim/scenario/stage.h"
#include "sim/score.h"
#include "sim/timeline.h"

namespace spillway::sim {

struct Evening {
  std::shared_ptr<const Stage> stage;
  std::string label;  // who steered, or by which policy
  Result result;
  Timeline timeline;
  Tally tally;
};

struct Progress {
  int t_s = 0, seconds = 0;  // played, of
  absl::Time at;             // the evening's own clock
  double playing = 0, stalled = 0;
  absl::string_view fullest;  // target
  double utilisation = 0;     // of it
};
using OnProgress = std::function<void(const Progress&)>;

// Samples are so far apart that there are at most this many: what a page is wide.
inline constexpr int kSamplesMax = 480;
// Of an evening so long: 1, 2, 5, 10, 15, 20, 30 s or whole minutes.
int SampleEvery(int seconds);

// `progress`, when set, is called after each second of the evening. Everything but `label` is told
// by stage and steering to the last bit.
Evening PlayEvening(std::shared_ptr<const Stage> stage, const std::string& label,
                    const SteeringFactory& make, const OnProgress& progress = nullptr);

// kExcused: above 100 % only right after a fault (tally.h).
// kNotHeld: above 100 % at another time, or viewers refused though the scenario says they fit.
enum class Outcome { kHeld, kExcused, kNotHeld };
absl::string_view OutcomeName(Outcome outcome);  // "held", "held but for faults", "not held"

struct Verdict {
  Outcome outcome = Outcome::kHeld;
  std::vector<std::string> reasons;  // sentences, the decisive one first
};
Verdict Judge(const Evening& evening);

// Targets by peak, the fullest first.
std::vector<size_t> ByPeak(const Evening& evening);

// "1:50:10" since the beginning; "3m20s".
std::string Clock(int t_s);
std::string Span(int seconds);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REPORT_EVENING_H_
