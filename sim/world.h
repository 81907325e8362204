// sim/world.h -- the evening itself: viewers, resolvers, players and targets, one second at a time.
//
//   Audience ─► starts of a row ─┬─ by 302: the plan's shares now
//                                └─ by DNS: what the caches hold ◄─ ask again ─ the plan's shares
//                                        │ fast: the TTL · stretched: 400 s · straggling: 900 s
//   sessions of a slot:  stuck (stay till they end) · steered (ask once a period, follow the plan)
//        └─► load of targets and links ─► slow, stalled, given up, broken ─► retries ─► starts
//                       └─► Feeds, Score; answers ─► Activity
//
// Fluid: sessions are real numbers, and a row's clients meet the plan's cells exactly (the hash of
// Decide spreads them evenly). What the controller may see are whole counts: fractions wait for the
// next second. DNS answers are the caches' refreshes: once every resolver is busy they no longer
// grow with demand, which is what makes demand hard to see.
// Deterministic: config, terrain, faults and plans decide every bit. No clock, no ambient chance.
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

  const WorldConfig& config() const { return config_; }
  int now_s() const { return now_s_; }
  absl::Time now() const { return TimeAt(now_s_); }
  // Every rehearsal begins at the same instant unless its scenario names one.
  absl::Time TimeAt(int t_s) const { return config_.start + absl::Seconds(t_s); }

  // What faults write, each second, before Step.
  struct Condition {
    std::vector<double> capacity_mbps;  // by target: what it can deliver now
    std::vector<uint8_t> dead;          // by target: connections break, none is taken
    std::vector<double> link_mbps;      // by Policy::limits
    bool fronts_down = false;           // nobody answers: caches keep what they hold, 302s fail
    double starts_factor = 1;           // of the starts the curves give
    bool bus_cut = false;               // nodes hear of each other no more
    uint32_t node_restarts = 0;         // a bit for each node that begins anew this second
  };
  Condition& condition() { return condition_; }
  const Condition& condition() const { return condition_; }

  // By target.
  const std::vector<double>& capacity_mbps() const { return condition_.capacity_mbps; }
  const std::vector<double>& load_mbps() const { return load_; }  // what its viewers ask for
  const std::vector<double>& sessions() const { return target_sessions_; }
  double CapacityMbps(size_t target) const;  // less what cold caches cost
  double DeliveredMbps(size_t target) const;
  double Utilisation(size_t target) const;  // load / capacity; a dead one has none: 0
  // Of the target and of every link it stands on, the worst: above 1 its viewers get too little.
  double Crowding(size_t target) const { return crowding_[target]; }
  // It gives its clients less than they ask for, or nothing: more crowded than full, or dead.
  bool Overloaded(size_t target) const {
    return crowding_[target] > 1 || (condition_.dead[target] && load_[target] > 0);
  }

  // Since the world began; `playing`, `waiting` and the means are of the last second.
  struct Totals {
    double playing = 0, waiting = 0;
    double started = 0, ended = 0, gave_up = 0;  // sessions; `started` holds the first ones
    double broken = 0;                           // of those that gave up: their target died
    double failed_starts = 0;  // were told a target that is dead, or got no answer
    // Sessions that changed target while playing; net of exchanges, but for dice.
    double moved = 0;
    double repointed = 0;            // viewers whose next start a new plan sends elsewhere
    double rtt_ms = 0, cost_ms = 0;  // mean over sessions; rtt with what load adds
    double stalled = 0;              // sessions that get less than they need, now
    double refused = 0;              // part of those who play or wait that wait
    double bitrate = 1;              // mean part of the nominal bitrate that ladders leave
  };
  const Totals& totals() const { return totals_; }
  // Of one service, in the last second.
  struct ServiceTotals {
    double playing = 0, waiting = 0, bitrate = 1;
  };
  const std::vector<ServiceTotals>& services() const { return services_; }
  const std::vector<double>& region_sessions() const { return region_sessions_; }
  const std::vector<double>& region_stalled() const { return region_stalled_; }

  // Answers since the last call, by slot of the frame.
  void TakeActivity(Activity* out);
  // By row: sessions/s that begin by DNS, as gaps between queries tell them.
  // Empty when they are not read.
  absl::Span<const float> resolver_arrivals() const {
    return config_.resolvers.gaps_are_read ? resolver_arrivals_ : absl::Span<const float>();
  }
  // What the ledger would say if it knew everything, the future audience included. Sessions count
  // for what their service is worth, or for what ladders leave of that now.
  enum class Bitrates : uint8_t { kNominal, kCapped };
  void Commit(absl::Duration horizon, Bitrates bitrates, Ledger::Commitment* out) const;

  // Invariant (2) and (3): the largest deviation found.
  double WorstStateError() const;

 private:
  // How viewers begin, and who of them asks content steering: the same all evening.
  struct Habits {
    explicit Habits(const Players& players);
    static double Part(double of, double rest) { return of + rest > 0 ? of / (of + rest) : 0; }

    double redirect_steered, dns_steered;  // of those who begin so
    double steered_by_dns, stuck_by_dns;   // of the steered, of the others
  };
  // Players try again in the way they began, and those who cannot be asked to move stay so.
  struct Retrying {
    double stuck = 0, steered = 0;
    double all() const { return stuck + steered; }
    // Takes `part` of them out and returns it.
    Retrying Take(double part);
    void Add(double viewers, double steered_part);
  };
  struct Row {
    uint32_t frame_row = 0, frame_begin = 0;  // in the candidate table
    uint32_t begin = 0, end = 0;              // in the arrays below: open slots only
    const RowClients* clients = nullptr;
    uint16_t service = 0;
    double resolvers = 0;
    double gap_factor = 1;  // how wrong its query gaps are
    double sessions = 0, steered = 0;
    double ttl_s = 30;
    double ladder = 1;  // part of the nominal bitrate its players stay under
    double waiting = 0, waits_s = 1;  // viewers put off, and for how long on average
    double put_off_rest = 0;          // not yet whole
    Retrying dns_again, redirect_again;
    double dns_rate = 0;                // starts by DNS, smoothed
    double turn = 0, renewed_s = -1e9;  // one_cache: of its answers, the golden ratio's
  };
  struct Cache {
    double weight = 0;       // part of the resolvers
    double hold_s = 0;       // 0 = the row's TTL
    std::vector<double> at;  // by open slot: fraction of these caches
  };
  // What is the same for all rows of one curve and second.
  struct Pulse {
    double starts = 0;  // sessions, everywhere, before regional noise
    double stay = 1;    // part of the sessions that play on
  };
  struct Starts {  // of one row and second
    double dns = 0, redirect = 0, redirect_asks = 0;
    double dns_steered = 0, redirect_steered = 0;  // parts of them
  };
  struct Answers {        // how one row's caches answer its starts by DNS
    double given = 0;     // by us
    double held[3] = {};  // by the caches, from what they hold
    double turn[3] = {};  // part of each kind that asks again
  };
  struct RowSums;

  void SetShunKept();
  void Place(const Terrain& terrain);
  void TakePlan(const Plan& plan);
  void NextPulses();
  void PutOff(const PlanRow& told, double viewers, double back, Row* row);
  Starts RowStarts(const Plan& plan, Row* row);
  Answers RowAnswers(const Row& row, double dns) const;
  double TakeLadder(const Plan& plan, Row* row);
  void RenewOneCache(Row* row);
  void StepRow(const Plan& plan, Row* row);
  void StepSlots(const Starts& starts, const Answers& answers, double mbps, Row* row,
                 RowSums* sums);
  void AddUp(const RowSums& sums, const Starts& starts, Row* row);
  void FinishSecond();
  void FinishTarget(size_t t);
  double LinkMbps(size_t link) const;
  double LinkUtilisation(size_t link) const { return link_load_[link] / LinkMbps(link); }

  const WorldConfig& config_;
  const Habits habits_{config_.players};
  const Frame& frame_;
  int now_s_ = 0, counted_from_s_ = 0;
  std::vector<Row> rows_;
  std::vector<Pulse> pulses_;  // by curve
  std::vector<double> region_noise_;
  Random demand_random_;
  Condition condition_;

  // By open slot.
  std::vector<uint16_t> target_;
  std::vector<float> rtt_ms_, cost_ms_;
  std::vector<double> share_;  // of the plan in force
  Cache fast_, stretched_, straggling_;
  std::vector<double> stuck_, steered_;
  std::vector<double> dns_rest_, redirect_rest_, steering_rest_;  // answers not yet whole

  // By target. Background is a part of what the target has when nothing is broken.
  std::vector<double> whole_capacity_, load_, target_sessions_, background_, starts_;
  std::vector<double> crowding_;
  std::vector<double> give_up_;    // part of its sessions that end this second
  std::vector<double> stalled_;    // part of its sessions that get less than they need
  std::vector<double> slow_ms_;    // what load adds to a round trip
  std::vector<double> adapt_;      // part of the asked bitrate its players have come down to
  std::vector<double> shun_;       // part of the steered that will not go there: it failed them
  std::vector<double> shun_kept_;  // part of that after a second: 5 minutes for HLS, a TTL for DASH
  std::vector<double> misled_;     // steered told this second to go there, though it is dead
  std::vector<uint8_t> was_dead_;
  std::vector<double> warm_;  // of its caches
  std::vector<double> link_load_;

  Activity activity_;
  std::vector<float> resolver_arrivals_;
  Totals totals_;
  std::vector<ServiceTotals> services_;
  std::vector<double> region_sessions_, region_stalled_;
  Playing told_ = Playing::kFollow;
  bool has_plan_ = false;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_WORLD_H_
