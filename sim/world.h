// sim/world.h -- the evening itself: viewers, resolvers, players and targets, one second at a time.
//
//   Audience ─► starts of a row ─┬─ by 302: the plan's shares now
//                                └─ by DNS: what the caches hold ◄─ ask again ─ the plan's shares
//                                        │ fast: the TTL · stretched: 400 s · straggling: 900 s
//   sessions of a slot:  stuck (stay till they end) · steered (ask once a period, follow the plan)
//                                        └─► load of targets ─► Feeds, Score; answers ─► Activity
//
// Fluid: sessions are real numbers, and a row's clients meet the plan's cells exactly (the hash of
// Decide spreads them evenly). What the controller may see are whole counts: fractions wait for the
// next second. DNS answers are the caches' refreshes: once every resolver is busy they no longer
// grow with demand, which is what makes demand hard to see.
// Deterministic: config and plans decide every bit. No clock, no ambient chance.
// invariants (world_test): (1) started = playing + ended + gave up; (2) caches of a row sum to 1;
// (3) no state is negative.
// units: seconds since the start, Mbps, sessions. thread safety: none.
// cost: one pass over the open slots for each Step, about 10 ns a slot.
#ifndef SPILLWAY_SIM_WORLD_H_
#define SPILLWAY_SIM_WORLD_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "sim/random.h"
#include "sim/terrain.h"
#include "sim/world_config.h"
#include "steering/ledger/activity.h"
#include "steering/ledger/ledger.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

// What a player that asks content steering while it plays is told.
enum class Playing : uint8_t {
  kFollow,  // the target of its cell: it moves only when a new plan moves the cell
  kRolled,  // dice, thrown anew for every answer: it moves though no share changes
  kStay     // what it has: whoever steers chooses for new sessions only
};

class World {
 public:
  // Sessions that play already were placed in proportion to capacity, by whoever steered before.
  // Both must outlive the world.
  World(const WorldConfig& config, const Terrain& terrain);

  // One second under `plan`, of the terrain's frame.
  void Step(const Plan& plan, Playing told = Playing::kFollow);

  int now_s() const { return now_s_; }
  absl::Time now() const { return TimeAt(now_s_); }
  static absl::Time TimeAt(int t_s);

  // By target. `capacity` is what it can deliver now: faults write it.
  std::vector<double>& capacity_mbps() { return capacity_; }
  const std::vector<double>& capacity_mbps() const { return capacity_; }
  const std::vector<double>& load_mbps() const { return load_; }  // what its viewers ask for
  const std::vector<double>& sessions() const { return target_sessions_; }
  double DeliveredMbps(size_t target) const;
  double Utilisation(size_t target) const;  // load / capacity

  // Since the world began; `playing`, `waiting` and the means are of the last second.
  struct Totals {
    double playing = 0, waiting = 0;
    double started = 0, ended = 0, gave_up = 0;  // sessions; `started` holds the first ones
    double moved = 0;  // sessions that changed target while playing, net of exchanges but for dice
    double repointed = 0;            // viewers whose next start a new plan sends elsewhere
    double rtt_ms = 0, cost_ms = 0;  // mean over sessions
    double refused = 0;              // part of those who play or wait that wait
    double bitrate = 1;              // mean part of the nominal bitrate that ladders leave
  };
  const Totals& totals() const { return totals_; }

  // Answers since the last call, by slot of the frame.
  void TakeActivity(Activity* out);
  // By row: sessions/s that begin by DNS, as gaps between queries tell them.
  // Empty when they are not read.
  absl::Span<const float> resolver_arrivals() const {
    return config_.resolvers.gaps_are_read ? resolver_arrivals_ : absl::Span<const float>();
  }
  // What the ledger would say if it knew everything, the future audience included.
  void Commit(absl::Duration horizon, Ledger::Commitment* out) const;

  // Invariant (2) and (3): the largest deviation found.
  double WorstStateError() const;

 private:
  struct Row {
    uint32_t frame_row = 0, frame_begin = 0;  // in the candidate table
    uint32_t begin = 0, end = 0;              // in the arrays below: open slots only
    double part = 0;                          // of the audience
    double resolvers = 0;
    uint8_t region = 0;
    double gap_factor = 1;  // how wrong its query gaps are
    double sessions = 0, steered = 0;
    double ttl_s = 30;
    double ladder = 1;  // part of the nominal bitrate its players stay under
    double waiting = 0, retrying = 0;
    double dns_rate = 0;  // starts by DNS, smoothed
  };
  struct Cache {
    double weight = 0;       // part of the resolvers
    double hold_s = 0;       // 0 = the row's TTL
    std::vector<double> at;  // by open slot: fraction of these caches
  };
  struct Pulse;   // what is the same for all rows of one second
  struct Starts;  // of one row and second

  void Place(const Terrain& terrain);
  void TakePlan(const Plan& plan);
  Pulse NextPulse();
  Starts RowStarts(const Plan& plan, const Pulse& pulse, Row* row);
  void StepRow(const Plan& plan, const Pulse& pulse, Row* row);
  void FinishSecond();

  const WorldConfig& config_;
  const Frame& frame_;
  int now_s_ = 0, counted_from_s_ = 0;
  std::vector<Row> rows_;
  std::vector<double> region_noise_;
  Random demand_random_;

  // By open slot.
  std::vector<uint16_t> target_;
  std::vector<float> rtt_ms_, cost_ms_;
  std::vector<double> share_;  // of the plan in force
  Cache fast_, stretched_, straggling_;
  std::vector<double> stuck_, steered_;
  std::vector<double> dns_rest_, redirect_rest_, steering_rest_;  // answers not yet whole

  // By target. Background is a part of what the target has when nothing is broken.
  std::vector<double> whole_capacity_, capacity_, load_, target_sessions_, background_, give_up_,
      starts_;

  Activity activity_;
  std::vector<float> resolver_arrivals_;
  Totals totals_;
  bool has_plan_ = false;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_WORLD_H_
