// tests/unit/sim/world_test.cc -- the world's own physics: nobody is lost, nothing is negative, the
// same seed gives the same evening.
#include "sim/world.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "gtest/gtest.h"
#include "sim/rehearsal.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

WorldConfig Small() {
  WorldConfig config;
  config.groups = 100;
  config.targets = 16;
  config.candidates = 8;
  return config;
}

// One evening under fixed shares, second by second.
class Evening {
 public:
  explicit Evening(const WorldConfig& config, const std::function<void(Policy*)>& edit = [](Policy*) {})
      : config_(config), terrain_(MakeTerrain(config_, edit)), world_(config_, terrain_) {
    facts_.now = world_.now();
    facts_.targets.resize(config_.targets);
    Replan(MakeWeighted().get());
  }
  void Replan(Steering* steering) {
    plan_ = steering->Tick({.frame = terrain_.frame,
                            .facts = facts_,
                            .activity = activity_,
                            .resolver_arrivals = {},
                            .world = world_});
  }
  void Run(int seconds, Playing told = Playing::kFollow) {
    for (int i = 0; i < seconds; ++i) world_.Step(*plan_, told);
  }
  World& world() { return world_; }
  Facts& facts() { return facts_; }
  const Terrain& terrain() { return terrain_; }
  // Changes the plan's TTLs.
  void SetTtl(uint32_t ttl_s) {
    Plan plan = *plan_;
    for (PlanRow& row : plan.rows) row.ttl_s = ttl_s;
    plan_ = std::make_shared<Plan>(plan);
  }
  void AdmitNobody() {
    Plan plan = *plan_;
    for (PlanRow& row : plan.rows) {
      row.admit_permille = row.retry_admit_permille = 0;
      row.retry_after_s = 10;
    }
    plan_ = std::make_shared<Plan>(plan);
  }

 private:
  const WorldConfig config_;
  const Terrain terrain_;
  World world_;
  Facts facts_;
  Activity activity_;
  std::shared_ptr<const Plan> plan_;
};

double Sum(const std::vector<float>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

TEST(World, WhoeverBeganPlaysOrEndedOrGaveUp) {
  for (double abandon : {0.0, 0.1}) {
    WorldConfig config = Small();
    config.players.abandon_per_s = abandon;
    Evening evening(config);
    for (int minute = 0; minute < 70; ++minute) {
      evening.Run(60);
      const World::Totals& totals = evening.world().totals();
      ASSERT_NEAR((totals.playing + totals.ended + totals.gave_up) / totals.started, 1, 1e-9);
      ASSERT_LT(evening.world().WorstStateError(), 1e-9);
    }
    EXPECT_EQ(evening.world().totals().gave_up > 0, abandon > 0);
  }
}

TEST(World, TheAudienceFollowsItsCurve) {
  WorldConfig config = Small();
  config.demand_sigma = 0;
  Evening evening(config);
  for (int t : {600, 1800, 3600}) {
    evening.Run(t - evening.world().now_s());
    EXPECT_NEAR(evening.world().totals().playing / config.audiences[0].At(t), 1, 1e-6);
  }
}

TEST(World, AFallingAudienceLeavesEarly) {
  WorldConfig config = Small();
  config.demand_sigma = 0;
  config.audiences[0].surges = {{300, 20, -5e6}};
  Evening evening(config);
  evening.Run(600);
  EXPECT_NEAR(evening.world().totals().playing / config.audiences[0].At(600), 1, 1e-3);
}

TEST(World, LoadIsSessionsTimesBitrateAndSceneAndBackground) {
  WorldConfig config = Small();
  config.scenes = {{0, 0.4}};
  config.background = 0.1;
  Evening evening(config);
  evening.Run(300);  // a quarter of the background's period: its swing is at its top, 1.3
  for (size_t t = 0; t < config.targets; ++t) {
    const double own = evening.world().sessions()[t] * 5 * 0.4;
    const double background = 0.1 * 1.3 * evening.terrain().capacity_mbps[t];
    EXPECT_NEAR(evening.world().load_mbps()[t] / (own + background), 1, 1e-9);
  }
}

TEST(World, ASaturatedTargetDeliversWhatItHas) {
  Evening evening(Small());
  evening.Run(100);
  evening.world().condition().capacity_mbps[3] = 1000;
  EXPECT_EQ(evening.world().DeliveredMbps(3), 1000);
  EXPECT_GT(evening.world().Utilisation(3), 1);
}

TEST(World, RedirectsAreTheirPartOfTheStarts) {
  const WorldConfig config = Small();
  Evening evening(config);
  const double before = evening.world().totals().started;
  evening.Run(1800);
  Activity activity;
  evening.world().TakeActivity(&activity);
  EXPECT_EQ(activity.elapsed, absl::Seconds(1800));
  const double starts = evening.world().totals().started - before;
  EXPECT_NEAR(Sum(activity.redirect) / starts, 0.40, 0.001);
  for (float count : activity.redirect) ASSERT_EQ(count, std::floor(count));
  evening.world().TakeActivity(&activity);
  EXPECT_EQ(Sum(activity.redirect), 0);
}

TEST(World, BusyCachesAskOncePerTtlWhateverTheDemand) {
  WorldConfig config = Small();
  config.demand_sigma = 0;
  Evening evening(config);
  Activity quiet, busy;
  auto start_rate = [&](Activity* activity) {
    evening.world().TakeActivity(activity);
    const double before = evening.world().totals().started;
    evening.Run(60);
    evening.world().TakeActivity(activity);
    return evening.world().totals().started - before;
  };
  evening.Run(60);
  const double calm = start_rate(&quiet);
  evening.Run(2950 - evening.world().now_s());
  const double bell = start_rate(&busy);
  EXPECT_GT(bell / calm, 10);
  EXPECT_LT(Sum(busy.dns) / Sum(quiet.dns), 2);
}

TEST(World, SteeredSessionsAskOncePerPeriod) {
  Evening evening(Small());
  evening.Run(300);
  Activity activity;
  evening.world().TakeActivity(&activity);
  evening.Run(60);
  evening.world().TakeActivity(&activity);
  // Half of the sessions obey, every 30 s (in 1-s steps: 1 - exp(-1/30)).
  const double expected = evening.world().totals().playing * 0.5 * 60 * -std::expm1(-1.0 / 30);
  EXPECT_NEAR(Sum(activity.steering) / expected, 1, 0.02);
}

TEST(World, AShorterTtlBringsAskersSooner) {
  Evening evening(Small());
  evening.Run(300);
  Activity activity;
  evening.world().TakeActivity(&activity);
  evening.Run(60);
  evening.world().TakeActivity(&activity);
  const double dns = Sum(activity.dns), steering = Sum(activity.steering);
  evening.SetTtl(10);
  evening.Run(60);
  evening.world().TakeActivity(&activity);
  EXPECT_GT(Sum(activity.steering), 2.5 * steering);
  EXPECT_GT(Sum(activity.dns), 1.5 * dns);
}

TEST(World, UnderAnUnchangedPlanNobodyMovesForLong) {
  WorldConfig config = Small();
  config.audiences[0].surges.clear();
  Evening evening(config);
  evening.Run(7200);
  const double before = evening.world().totals().moved;
  evening.Run(600);
  EXPECT_LT((evening.world().totals().moved - before) / evening.world().totals().playing, 1e-3);
}

TEST(World, ANewPlanMovesHalfOfThePlayersInAFewPeriodsAndTheRestAsTheyEnd) {
  WorldConfig config = Small();
  config.audiences[0].surges.clear();
  Evening evening(config);
  evening.Run(600);
  const double sessions = evening.world().sessions()[0];
  ASSERT_GT(sessions, 0);
  evening.facts().targets[0].drain = Drain{};
  evening.Replan(MakeWeighted().get());
  evening.Run(120);  // four periods
  EXPECT_NEAR(evening.world().sessions()[0] / sessions, 0.5, 0.05);
  evening.Run(45 * 60);
  EXPECT_LT(evening.world().sessions()[0] / sessions, 0.25);
}

// Fixed shares: nobody moves who follows a cell; dice send the part 1 - share of those who ask
// elsewhere each time; load is the same.
TEST(World, DiceMovePlayersThoughNoShareChanges) {
  WorldConfig config = Small();
  config.audiences[0].surges.clear();
  Evening cells(config), dice(config);
  auto moved = [](Evening& evening, Playing told) {
    evening.Run(900, told);
    const double before = evening.world().totals().moved;
    evening.Run(60, told);
    return (evening.world().totals().moved - before) / evening.world().totals().playing;
  };
  const double by_cells = moved(cells, Playing::kFollow), by_dice = moved(dice, Playing::kRolled);
  EXPECT_LT(by_cells, 0.01);
  // Half of the players ask twice in these 60 s; of 8 targets by capacity about a sixth stays.
  EXPECT_GT(by_dice, 0.6);
  EXPECT_LT(by_dice, 1.0);
  for (size_t t = 0; t < config.targets; ++t)
    EXPECT_EQ(cells.world().load_mbps()[t], dice.world().load_mbps()[t]);
}

TEST(World, WhoStaysIsNotMovedByAnyPlan) {
  WorldConfig config = Small();
  Evening evening(config);
  evening.Run(600, Playing::kStay);
  evening.facts().targets[0].drain = Drain{};
  evening.Replan(MakeWeighted().get());
  const double before = evening.world().totals().moved;
  evening.Run(600, Playing::kStay);
  EXPECT_EQ(evening.world().totals().moved, before);
  Activity activity;
  evening.world().TakeActivity(&activity);
  EXPECT_EQ(Sum(activity.steering), 0);
}

TEST(World, NobodyWaitsWhereThereIsNoWaitingRoom) {
  Evening evening(Small());
  evening.AdmitNobody();
  evening.Run(60);
  Activity activity;
  evening.world().TakeActivity(&activity);
  EXPECT_GT(Sum(activity.redirect), 0);
  EXPECT_TRUE(activity.put_off.empty());
  EXPECT_EQ(evening.world().totals().waiting, 0);
}

TEST(World, WhoIsNotAdmittedWaits) {
  WorldConfig config = Small();
  Evening evening(config, [](Policy* policy) { policy->services[0].waiting_room = true; });
  evening.AdmitNobody();
  evening.Run(600);
  Activity activity;
  evening.world().TakeActivity(&activity);
  EXPECT_EQ(Sum(activity.redirect), 0);
  const double waiting = evening.world().totals().waiting;
  EXPECT_GT(waiting, 0);
  EXPECT_GT(Sum(activity.put_off), waiting);  // some asked twice
  evening.Replan(MakeWeighted().get());
  evening.Run(120);
  EXPECT_LT(evening.world().totals().waiting, 0.01 * waiting);
}

// Perfect knowledge foretells where everybody will be: pinned + steerable is the audience then, and
// what it calls pinned on a target that gets nobody else is what is left there.
TEST(World, TruthForetellsWhatRemains) {
  WorldConfig config = Small();
  config.demand_sigma = 0;
  Evening evening(config);
  evening.Run(2900);
  evening.facts().targets[0].drain = Drain{};
  evening.Replan(MakeWeighted().get());
  Ledger::Commitment truth;
  evening.world().Commit(absl::Seconds(120), World::Bitrates::kNominal, &truth);
  const double all = std::accumulate(truth.pinned_mbps.begin(), truth.pinned_mbps.end(), 0.0) +
                     Sum(truth.steerable_mbps);
  EXPECT_NEAR(all / (config.audiences[0].At(3020) * 5), 1, 0.001);
  evening.Run(120);
  EXPECT_NEAR(evening.world().load_mbps()[0] / truth.pinned_mbps[0], 1, 0.03);
}

TEST(Rehearsal, TheSameSeedGivesTheSameEvening) {
  const Scenario scenario = [] {
    Scenario s = MakeScenario("grand", Small());
    s.seconds = 600;
    return s;
  }();
  const Terrain terrain = MakeTerrain(scenario.world);
  auto run = [&](const WorldConfig& world) {
    Scenario s = scenario;
    s.world = world;
    return Rehearse(s, terrain, MakeWeighted().get());
  };
  const Result a = run(scenario.world), b = run(scenario.world);
  EXPECT_EQ(a.peak, b.peak);
  EXPECT_EQ(a.over_95, b.over_95);
  EXPECT_EQ(a.rtt_ms, b.rtt_ms);
  WorldConfig other = scenario.world;
  other.seed = 9;
  EXPECT_NE(run(other).rtt_ms, a.rtt_ms);
}

TEST(Rehearsal, EveryScenarioPlays) {
  for (const std::string& name : ScenarioNames()) {
    Scenario scenario = MakeScenario(name, Small());
    scenario.seconds = 400;
    const Terrain terrain = MakeTerrain(scenario.world);
    const Result result = Rehearse(scenario, terrain, MakeNearest().get());
    EXPECT_GT(result.peak, 0) << name;
    EXPECT_GT(result.rtt_ms, 5) << name;
  }
}

}  // namespace
}  // namespace spillway::sim
