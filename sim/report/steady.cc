#include "sim/report/steady.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "steering/plan/cells.h"
#include "steering/planner/controller.h"

namespace spillway::sim {
namespace {

// So many ticks without a cell moved: longer than the pacer waits between two steps of its own.
constexpr int kStillTicks = 30;
constexpr double kMinPart = 1e-12;

Facts FactsOf(const Steady& steady, absl::Time now) {
  const Policy& policy = *steady.stage->terrain.frame->policy;
  Facts facts{.now = now, .targets = std::vector<TargetFacts>(policy.targets.size())};
  for (size_t t = 0; t < facts.targets.size(); ++t) {
    TargetFacts& target = facts.targets[t];
    target.capacity = policy.targets[t].capacity;
    target.load.Set(Resource::kEgress, steady.load_mbps[t]);
    target.reported = Health::kUp;
    target.feed = FeedState::kFresh;
    target.age = absl::ZeroDuration();
  }
  return facts;
}

// What the plan places where, and what that means for those who are placed.
void TakePlan(Steady* steady) {
  const Frame& frame = *steady->stage->terrain.frame;
  const Policy& policy = *frame.policy;
  double all = 0, refused = 0;
  steady->rtt_ms = steady->price = 0;
  std::fill(steady->load_mbps.begin(), steady->load_mbps.end(), 0);
  for (size_t row = 0; row < steady->demand_mbps.size(); ++row) {
    const double demand = steady->demand_mbps[row];
    if (demand <= 0) continue;
    const absl::Span<const Slot> slots = frame.candidates->Row(row);
    const absl::Span<const SlotPlan> shares = steady->plan->RowSlots(row);
    for (size_t i = 0; i < slots.size(); ++i) {
      const double mbps = demand * shares[i].quota / kCellCount;
      steady->load_mbps[slots[i].target.index()] += mbps;
      steady->rtt_ms += mbps * slots[i].rtt_ms;
      steady->price += mbps * policy.target(slots[i].target).cost;
    }
    all += demand;
    refused += demand * steady->plan->rows[row].refused;
  }
  all = std::max(all, kMinPart);
  steady->rtt_ms /= all;
  steady->price /= all;
  steady->refused = refused / all;
}

bool SameShares(const Plan& a, const Plan& b) {
  return std::equal(a.slots.begin(), a.slots.end(), b.slots.begin(), b.slots.end(),
                    [](const SlotPlan& x, const SlotPlan& y) { return x.quota == y.quota; });
}

}  // namespace

Steady Settle(std::shared_ptr<const Stage> stage, double at_s) {
  const Terrain& terrain = stage->terrain;
  const WorldConfig& world = stage->scenario.world;
  Steady steady;
  steady.stage = stage;
  steady.load_mbps.assign(terrain.capacity_mbps.size(), 0);
  Ledger::Commitment truth;
  truth.pinned_mbps.assign(terrain.capacity_mbps.size(), 0);
  truth.starts_per_s.assign(terrain.capacity_mbps.size(), 0);
  const double scene = SceneFactor(world.scenes, at_s);
  for (const RowClients& clients : terrain.rows) {
    const double viewers =
        clients.part > 0 ? clients.part * world.audiences[clients.curve].At(at_s) : 0;
    steady.viewers.push_back(viewers);
    steady.demand_mbps.push_back(viewers * clients.bitrate_mbps * scene);
    truth.steerable_mbps.push_back(static_cast<float>(steady.demand_mbps.back()));
  }
  truth.steerable_mbps_median = truth.steerable_mbps;

  // Who is told everything need not guess what targets can deliver.
  ControllerOptions options;
  options.behaviour = false;
  Controller controller(options);
  const Activity nothing;
  absl::Time now = world.start + absl::Seconds(at_s);
  for (int still = 0; steady.ticks < kSettleTicksMax && still < kStillTicks; ++steady.ticks) {
    const Facts facts = FactsOf(steady, now);
    std::shared_ptr<const Plan> plan = controller.Tick(
        terrain.frame,
        {.facts = facts, .activity = nothing, .resolver_arrivals = {}, .truth = &truth});
    still = steady.plan != nullptr && SameShares(*plan, *steady.plan) ? still + 1 : 0;
    steady.stands_still = still + 1 >= kStillTicks;
    steady.plan = std::move(plan);
    TakePlan(&steady);
    now += absl::Seconds(1);
  }
  return steady;
}

double PeakSecond(const Stage& stage) {
  double best = -1, at = 0;
  for (int t = 0; t < stage.scenario.seconds; t += 10) {
    double viewers = 0;
    for (const Audience& audience : stage.scenario.world.audiences) viewers += audience.At(t);
    if (viewers <= best) continue;
    best = viewers;
    at = t;
  }
  return at;
}

}  // namespace spillway::sim
