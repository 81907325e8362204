// sim/rivals/rivals.h -- everyone else who steers, by name: the products' documented rules, and the
// limit that perfect knowledge sets.
//
//   name ──Rivals()──► make ──► Steering, in the same world as ours (sim/steering.h)
//
// Each file of this folder holds one rule: what is documented, the documented parameters, the
// source, and what was chosen where the operator chooses: the best of a small sweep
// (tests/bench/rival_sweep.cc), over all scenarios, so that nobody is beaten by a bad setting. The
// options below exist for that sweep and for tests; their defaults are what the table plays.
//
// Common to all but the clairvoyant and our former watermark shed: health comes from Facts only; a
// drained target gets nobody, because even a static map is edited by hand; fences and candidates
// are the policy's; shared limits, contracts and watermarks of our policy are not looked at; the
// last report counts until the next one comes, because none of the products documents an expiry.
// When a row has nobody left, its nearest target that is not drained answers: the world has no
// empty answer.
// thread safety: each Steering belongs to one rehearsal.
#ifndef SPILLWAY_SIM_RIVALS_RIVALS_H_
#define SPILLWAY_SIM_RIVALS_RIVALS_H_

#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/steering.h"

namespace spillway::sim {

struct Rival {
  absl::string_view name;  // for command lines and tables
  absl::string_view doc;   // one sentence
  std::unique_ptr<Steering> (*make)();
};
absl::Span<const Rival> Rivals();
const Rival* FindRival(absl::string_view name);  // null when there is none

// nearest.cc
std::unique_ptr<Steering> MakeNearest();
// weighted.cc
std::unique_ptr<Steering> MakeWeighted();

// failover.cc
struct FailoverOptions {
  int interval_s = 10;  // between health checks
  int threshold = 3;    // checks in a row that change the state
  Playing playing = Playing::kStay;
};
std::unique_ptr<Steering> MakeFailover(FailoverOptions options = {});

// shed_dice.cc
struct ShedDiceOptions {
  double low = 0.60, high = 1.00;  // of capacity
  bool nearest_first = false;      // else what is kept is shuffled by capacity
  Playing playing = Playing::kRolled;
};
std::unique_ptr<Steering> MakeShedDice(ShedDiceOptions options = {});

// load_feedback.cc
struct LoadFeedbackOptions {
  double target = 0.65;  // of max-load
  double decay = 0.9;    // of what is remembered of load per demand, per minute
  double raise = 10;     // most that a target's demand grows in a minute, as a part
  Playing playing = Playing::kStay;
};
std::unique_ptr<Steering> MakeLoadFeedback(LoadFeedbackOptions options = {});

// mark_down.cc
struct MarkDownOptions {
  double threshold = 0.75;  // of capacity
  Playing playing = Playing::kStay;
};
std::unique_ptr<Steering> MakeMarkDown(MarkDownOptions options = {});

// least_loaded.cc
struct LeastLoadedOptions {
  size_t among = 12;  // of the nearest
  Playing playing = Playing::kStay;
};
std::unique_ptr<Steering> MakeLeastLoaded(LeastLoadedOptions options = {});

// fastroute.cc
struct FastRouteOptions {
  double second = 0.6, last = 0.3;  // of all capacity: what the inner layers hold at least
  double threshold = 0.85;          // of a node's capacity
  double up = 0.05, down = 0.01;    // of a node's queries, per report
  Playing playing = Playing::kStay;
};
std::unique_ptr<Steering> MakeFastRoute(FastRouteOptions options = {});

// clairvoyant.cc
std::unique_ptr<Steering> MakeClairvoyant();
// watermark_shed.cc
std::unique_ptr<Steering> MakeWatermarkShed();

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_RIVALS_RIVALS_H_
