// tests/unit/sim/rivals/bench_world.h -- a world to put a rival on the bench: it is asked once, for
// facts the test makes up, and the shares of its plan are read.
#ifndef SPILLWAY_TESTS_UNIT_SIM_RIVALS_BENCH_WORLD_H_
#define SPILLWAY_TESTS_UNIT_SIM_RIVALS_BENCH_WORLD_H_

#include <memory>
#include <vector>

#include "sim/plan_by_weights.h"
#include "sim/rivals/rivals.h"
#include "sim/terrain.h"
#include "sim/world.h"

namespace spillway::sim {

class BenchWorld {
 public:
  explicit BenchWorld(const WorldConfig& config = Small())
      : config_(config), terrain_(MakeTerrain(config_)), world_(config_, terrain_) {
    facts_.now = world_.now();
    facts_.targets.resize(config_.targets);
    for (size_t t = 0; t < config_.targets; ++t) {
      facts_.targets[t].capacity = terrain_.frame->policy->targets[t].capacity;
      facts_.targets[t].reported = Health::kUp;
      Report(t, 0.5);
    }
    const CandidateTable& table = *terrain_.frame->candidates;
    activity_.elapsed = absl::Seconds(1);
    activity_.dns.assign(table.slot_count(), 0);
    activity_.redirect.assign(table.slot_count(), 0);
    activity_.steering.assign(table.slot_count(), 0);
    while (terrain_.rows[row_].part <= 0) ++row_;  // the first with an audience
  }
  static WorldConfig Small() {
    WorldConfig config;
    config.groups = 60;
    config.targets = 12;
    config.candidates = 6;
    return config;
  }

  // A report of this utilisation arrives.
  void Report(size_t t, double utilisation) {
    TargetFacts& target = facts_.targets[t];
    target.load.Set(Resource::kEgress, utilisation * target.capacity[Resource::kEgress]);
    target.feed = FeedState::kFresh;
    ++target.sequence;
  }
  void ReportAll(double utilisation) {
    for (size_t t = 0; t < facts_.targets.size(); ++t) Report(t, utilisation);
  }
  std::shared_ptr<const Plan> Ask(Steering* steering) {
    plan_ = steering->Tick({.frame = terrain_.frame,
                            .facts = facts_,
                            .activity = activity_,
                            .resolver_arrivals = arrivals_,
                            .world = world_});
    return plan_;
  }
  void Pass(int seconds) { facts_.now += absl::Seconds(seconds); }

  // Of the row under test, by rank: 0 = the nearest.
  size_t Ranked(size_t rank) const { return Open()[rank].target.index(); }
  size_t OpenCount() const { return Open().size(); }
  double Share(size_t rank) const {
    return static_cast<double>(plan_->RowSlots(row_)[rank].quota) / kCellCount;
  }
  // Part of the whole audience that new clients of this target are.
  double Part(size_t t) const {
    double part = 0;
    const CandidateTable& table = *terrain_.frame->candidates;
    for (size_t r = 0; r < table.row_count(); ++r)
      for (size_t i = 0; i < table.Row(r).size(); ++i)
        if (table.Row(r)[i].target.index() == t)
          part += terrain_.rows[r].part * plan_->RowSlots(r)[i].quota / kCellCount;
    return part;
  }

  Facts& facts() { return facts_; }
  TargetFacts& target(size_t t) { return facts_.targets[t]; }
  World& world() { return world_; }
  const Terrain& terrain() const { return terrain_; }
  std::vector<float>& arrivals() { return arrivals_; }
  void UseRow(size_t row) { row_ = row; }
  size_t row() const { return row_; }

 private:
  absl::Span<const Slot> Open() const { return OpenSlots(terrain_.frame->candidates->Row(row_)); }

  const WorldConfig config_;
  const Terrain terrain_;
  World world_;
  Facts facts_;
  Activity activity_;
  std::vector<float> arrivals_;
  std::shared_ptr<const Plan> plan_;
  size_t row_ = 0;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_TESTS_UNIT_SIM_RIVALS_BENCH_WORLD_H_
