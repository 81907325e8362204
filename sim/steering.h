// sim/steering.h -- who steers: one interface for us and for every rival (sim/rivals/rivals.h), in
// the same world.
//
// A Steering sees what a real controller could see, and nothing else; only those that are meant as
// the limit look at `truth`.
#ifndef SPILLWAY_SIM_STEERING_H_
#define SPILLWAY_SIM_STEERING_H_

#include <functional>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/world.h"
#include "steering/ledger/activity.h"
#include "steering/ledger/ledger.h"
#include "steering/model/facts.h"
#include "steering/plan/plan.h"
#include "steering/planner/controller.h"

namespace spillway::sim {

struct Observation {
  std::shared_ptr<const Frame> frame;
  const Facts& facts;
  const Activity& activity;                   // since the last tick
  absl::Span<const float> resolver_arrivals;  // by row
  const World& world;                         // for perfect knowledge only
};

class Steering {
 public:
  virtual ~Steering() = default;
  virtual absl::string_view name() const = 0;
  virtual std::shared_ptr<const Plan> Tick(const Observation& seen) = 0;
  // Does not change during an evening.
  virtual Playing playing() const { return Playing::kFollow; }
};

using SteeringFactory = std::function<std::unique_ptr<Steering>()>;

// What ours is told that no real controller could know: where sessions and caches are and the
// audience to come (as the prototype's "perfect knowledge"); and also what every target can deliver
// and carries, at once.
enum class Knowledge { kNone, kDemand, kAll };
std::unique_ptr<Steering> MakeOurs(ControllerOptions options = {},
                                   Knowledge knowledge = Knowledge::kNone);
}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_STEERING_H_
