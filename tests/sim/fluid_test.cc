// tests/sim/fluid_test.cc -- the fluid world against viewers as persons: the same evening, the same
// plans, and where everybody is, minute by minute.
//
// Three networks with a /12 each, so that all 256 cells have clients; five targets; 40,000 viewers at
// the peak. The controller is fed by the fluid world; its plans answer the sampled viewers, too.
// Tolerance: four standard deviations of sampling, plus 2 % of all viewers (or answers) for what the
// fluid world simplifies: it asks memorylessly where a player asks once a TTL. docs/FLUID.md has the
// figures seen.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "gtest/gtest.h"
#include "sim/faults.h"
#include "sim/feeds.h"
#include "sim/rehearsal.h"
#include "sim/steering.h"
#include "sim/terrain.h"
#include "sim/world.h"
#include "steering/geo/group_map.h"
#include "steering/plan/heavy_set.h"
#include "steering/resolvers/resolver_watch.h"
#include "tests/sim/sampled_clients.h"

namespace spillway::sim {
namespace {

constexpr double kPeakViewers = 40'000;
constexpr double kSigmas = 4, kModelTolerance = 0.025;
// Answers in the minute in which a target dies or is back: docs/FLUID.md says why.
constexpr double kFaultMinuteTolerance = 0.08;
constexpr int kCrowds = 3;               // sampled independently, averaged
constexpr double kCellsClusters = 4096;  // /24s in a /12: clients of one share a cell

struct Network {
  const char* name;
  const char* prefix;
  GeoPoint at;
  double part;
  float viewers_per_cache;
};
constexpr Network kNetworks[] = {{"lisbon", "16.0.0.0/12", {38.7, -9.1}, 0.5, 10},
                                 {"berlin", "32.0.0.0/12", {52.5, 13.4}, 0.3, 25},
                                 {"athens", "48.0.0.0/12", {38.0, 23.7}, 0.2, 5}};
struct Cluster {
  const char* name;
  GeoPoint at;
  double capacity;  // of the peak
};
constexpr Cluster kClusters[] = {{"lis", {38.7, -9.1}, 0.35},
                                 {"par", {48.9, 2.4}, 0.30},
                                 {"fra", {50.1, 8.7}, 0.25},
                                 {"ath", {38.0, 23.7}, 0.15},
                                 {"waw", {52.2, 21.0}, 0.20}};

WorldConfig Config() {
  WorldConfig config;
  config.audiences[0].base = 8'000;
  config.audiences[0].surges = {{500, 80, kPeakViewers - 8'000}};
  config.demand_sigma = 0;  // both must expect the same viewers
  config.players.session_s = 600;
  config.feeds.noise = 0;
  return config;
}

Scenario CalmRamp() { return {.name = "calm", .world = Config(), .seconds = 1800}; }

Terrain MakePlaces(const WorldConfig& config) {
  auto policy = std::make_shared<Policy>();
  policy->version = "fluid";
  Terrain terrain;
  for (const Cluster& cluster : kClusters) {
    Target target{.name = cluster.name, .location = cluster.at};
    target.addresses_v4 = {IpAddress::V4((192u << 24) + terrain.capacity_mbps.size())};
    target.capacity.Set(Resource::kEgress, cluster.capacity * kPeakViewers * config.bitrate_mbps);
    target.probes = {{.url = "http://192.0.2.1/health"}};
    terrain.capacity_mbps.push_back(target.capacity[Resource::kEgress]);
    policy->targets.push_back(std::move(target));
  }
  Service service{.name = "live", .dns_names = {"live.example.com"}, .hosts = {"live.example.com"}};
  service.bitrate_mbps = config.bitrate_mbps;
  service.session = absl::Seconds(config.players.session_s * config.session_told);
  service.watermark = {config.shed_from, config.watermark, config.hard};
  for (size_t t = 0; t < std::size(kClusters); ++t)
    service.candidates.push_back({.target = TargetId(t)});
  policy->services.push_back(std::move(service));
  for (const Network& network : kNetworks)
    policy->groups.push_back({.name = network.name,
                              .prefixes = {*IpPrefix::Parse(network.prefix)},
                              .location = network.at});
  auto groups = GroupMap::Build(GeoSources{}, policy->groups);
  CHECK(groups.ok());
  auto frame = MakeFrame(policy, *groups, {0, 0, 0});
  CHECK(frame.ok());
  terrain.frame = *frame;
  terrain.regions = {{"europe", GeoPoint{48, 8}}};
  terrain.rows.resize(terrain.frame->candidates->row_count());
  return terrain;
}

// Fluid world and sampled viewers under the same plans.
class Evening {
 public:
  Evening(const Scenario& scenario, bool one_cache = false)
      : scenario_(scenario), terrain_(MakePlaces(scenario_.world)) {
    for (const Network& network : kNetworks) {
      const IpPrefix prefix = *IpPrefix::Parse(network.prefix);
      const GroupId group = terrain_.frame->groups->Locate(prefix.address).group;
      const size_t row = terrain_.frame->candidates->RowIndex(ServiceId(0), group);
      terrain_.rows[row] = {.part = network.part,
                            .bitrate_mbps = static_cast<float>(scenario_.world.bitrate_mbps),
                            .viewers_per_cache = network.viewers_per_cache,
                            .one_cache = one_cache && places_.size() == 2};
      places_.push_back({row, prefix});
    }
    world_ = std::make_unique<World>(scenario_.world, terrain_);
    for (int i = 0; i < kCrowds; ++i)
      crowds_.emplace_back(scenario_.world, terrain_, places_, 100 + i);
  }

  // Plays all of it and compares every minute.
  void Play() {
    Feeds feeds(terrain_.frame->policy, scenario_.world);
    const auto steering = MakeOurs();
    std::vector<uint64_t> heavy;
    for (const SampledClients& crowd : crowds_)
      for (const uint64_t resolver : crowd.HeavyResolvers()) heavy.push_back(resolver);
    const auto heavy_set = std::make_shared<const HeavySet>(heavy);
    Activity activity;
    ClearMinute();
    for (int t = 0; t < scenario_.seconds; ++t) {
      ApplyFaults(scenario_.faults, terrain_, world_.get(), &feeds);
      const Facts facts = feeds.Snapshot(world_->now());
      world_->TakeActivity(&activity);
      Count(activity);
      if (t > 0 && t % 60 == 0) Compare();
      const auto plan = steering->Tick({.frame = terrain_.frame,
                                        .facts = facts,
                                        .activity = activity,
                                        .resolver_arrivals = world_->resolver_arrivals(),
                                        .world = *world_});
      Plan told = *plan;
      told.heavy = heavy_set;
      told.epoch = ResolverWatch::Epoch(world_->now());
      world_->Step(*plan);
      for (SampledClients& crowd : crowds_) crowd.Step(told, world_->condition());
      feeds.Measure(*world_);
    }
    std::printf(
        "%s: sessions differ by %.2f %% of all viewers on average, %.2f %% at most; answers "
        "by %.2f %% and %.2f %%\n",
        scenario_.name.c_str(), 100 * sum_[0] / count_[0], 100 * most_[0],
        100 * sum_[1] / count_[1], 100 * most_[1]);
  }
  // Mean over targets and minutes of the difference, of all viewers.
  double SessionsDiffer() const { return sum_[0] / count_[0]; }
  double AnswersDiffer() const { return sum_[1] / count_[1]; }
  int minutes() const { return minutes_; }

 private:
  using Answers = SampledClients::Answers;

  void ClearMinute() {
    for (std::vector<double>* v : {&fluid_.dns, &fluid_.redirect, &fluid_.steering})
      v->assign(std::size(kClusters), 0);
  }

  void Count(const Activity& activity) {
    const CandidateTable& candidates = *terrain_.frame->candidates;
    for (const SampledClients::Place& place : places_) {
      const absl::Span<const Slot> slots = candidates.Row(place.row);
      for (size_t k = 0; k < slots.size(); ++k) {
        const size_t slot = candidates.RowBegin(place.row) + k, t = slots[k].target.index();
        fluid_.dns[t] += activity.dns[slot];
        fluid_.redirect[t] += activity.redirect[slot];
        fluid_.steering[t] += activity.steering[slot];
      }
    }
  }

  // Clients who share a /24 or a resolver go together: the variance of a count is its mean times
  // how many one draw decides about.
  double Sigma(double mean, double viewers_together) const {
    return std::sqrt(mean * (1 + viewers_together) / kCrowds);
  }

  double Together() const {
    double together = 0;
    for (const Network& network : kNetworks) {
      const double in_24 = world_->totals().playing * network.part / kCellsClusters;
      const double dns = 1 - scenario_.world.players.redirect;
      together += network.part * std::max<double>(in_24, dns * network.viewers_per_cache);
    }
    return together;
  }

  void Compare() {
    ++minutes_;
    const std::string when = absl::StrCat(scenario_.name, ", minute ", minutes_, ", ");
    std::vector<double> sessions(std::size(kClusters), 0);
    Answers asked = {sessions, sessions, sessions};
    for (SampledClients& crowd : crowds_) {
      const Answers answers = crowd.TakeAnswers();
      for (size_t t = 0; t < sessions.size(); ++t) {
        sessions[t] += crowd.sessions()[t] / kCrowds;
        asked.dns[t] += answers.dns[t] / kCrowds;
        asked.redirect[t] += answers.redirect[t] / kCrowds;
        asked.steering[t] += answers.steering[t] / kCrowds;
      }
    }
    CompareBy(when + "sessions", world_->sessions(), sessions, Together(), 0);
    CompareBy(when + "DNS answers", fluid_.dns, asked.dns, 1, 1);
    CompareBy(when + "redirects", fluid_.redirect, asked.redirect, Together(), 1);
    CompareBy(when + "steering answers", fluid_.steering, asked.steering, Together(), 1);
    ClearMinute();
  }

  bool DiesOrReturnsThisMinute() const {
    for (const Fault& fault : scenario_.faults) {
      const auto in_it = [&](double at_s) { return static_cast<int>(at_s / 60) + 1 == minutes_; };
      if (fault.kind == Fault::Kind::kDead && (in_it(fault.from_s) || in_it(fault.until_s)))
        return true;
    }
    return false;
  }

  void CompareBy(const std::string& what, const std::vector<double>& fluid,
                 const std::vector<double>& sampled, double together, int kind) {
    const double all = std::accumulate(fluid.begin(), fluid.end(), 0.0);
    const double all_sampled = std::accumulate(sampled.begin(), sampled.end(), 0.0);
    for (size_t t = 0; t < fluid.size(); ++t) {
      const double apart = std::abs(fluid[t] - sampled[t]);
      const double noise = kSigmas * Sigma(std::max(1.0, fluid[t]), together);
      const double tolerance =
          kind == 1 && DiesOrReturnsThisMinute() ? kFaultMinuteTolerance : kModelTolerance;
      EXPECT_LE(apart, noise + tolerance * all)
          << what << " of " << kClusters[t].name << ": fluid " << fluid[t] << ", sampled "
          << sampled[t] << ", noise " << noise << ", of all " << all << " and " << all_sampled;
      sum_[kind] += apart / std::max(1.0, all);
      most_[kind] = std::max(most_[kind], apart / std::max(1.0, all));
      ++count_[kind];
    }
  }

  const Scenario scenario_;
  Terrain terrain_;
  std::vector<SampledClients::Place> places_;
  std::unique_ptr<World> world_;
  std::vector<SampledClients> crowds_;
  Answers fluid_;
  int minutes_ = 0;
  double sum_[2] = {}, most_[2] = {};
  int count_[2] = {};
};

TEST(FluidModel, TellsWhereViewersAreInACalmRamp) {
  Evening evening(CalmRamp());
  evening.Play();
  EXPECT_EQ(evening.minutes(), 29);
  EXPECT_LT(evening.SessionsDiffer(), 0.01);
}

TEST(FluidModel, TellsWhoLeavesATargetThatSaysItLost60PercentAtThePeak) {
  Scenario scenario = CalmRamp();
  scenario.name = "told loss";
  scenario.faults = {{.kind = Fault::Kind::kLoss,
                      .where = {Where::Kind::kLargest, 0},
                      .from_s = 1000,
                      .amount = 0.6,
                      .told = true}};
  Evening evening(scenario);
  evening.Play();
  EXPECT_LT(evening.SessionsDiffer(), 0.01);
}

TEST(FluidModel, TellsWhereViewersFleeToFromADeadTargetAndWhenTheyComeBack) {
  Scenario scenario = CalmRamp();
  scenario.name = "dead target";
  scenario.world.players.retry_s = 5;
  scenario.faults = {{.kind = Fault::Kind::kDead,
                      .where = {Where::Kind::kLargest, 0},
                      .from_s = 930,
                      .until_s = 1300}};
  Evening evening(scenario);
  evening.Play();
  EXPECT_LT(evening.SessionsDiffer(), 0.01);
}

TEST(FluidModel, TellsWhatOneResolverWithAFifthOfTheAudienceDoes) {
  Scenario scenario = CalmRamp();
  scenario.name = "one cache";
  Evening evening(scenario, true);
  evening.Play();
  EXPECT_LT(evening.SessionsDiffer(), 0.01);
}

}  // namespace
}  // namespace spillway::sim
