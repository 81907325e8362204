// tests/unit/sim/scenario/stage_test.cc -- a scenario, its policy and its places become a world.
#include "sim/scenario/stage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

constexpr char kPolicy[] = R"(
targets:
  near: {at: [50, 8], cname: near.example.net, capacity: {egress: 100 Gbps}, tags: [own]}
  far: {at: [52, 13], cname: far.example.net, capacity: {egress: 300 Gbps}, tags: [own]}
limits:
  wire: {targets: [near, far], egress: 350 Gbps}
groups:
  big: {asn: [64512]}
services:
  show:
    names: [show.example.com]
    bitrate: 4 Mbps
    candidates: {tags: [own]}
  other:
    names: [other.example.com]
    candidates: {tags: [own]}
dns: {nameservers: [ns1.example.com]}
)";
constexpr char kHeader[] =
    "place,country,region,lat,lon,asn,network,weight,bitrate,viewers_per_cache,detour,prefix\n";
constexpr char kPlaces[] =
    "Frankfurt,DE,FRA,50,8,64512,big,3,1,1000,10,\n"
    "Frankfurt,DE,FRA,50,8,64512,big-ecs,1,0.6,10,30,\n"
    "Berlin,DE,BER,52,13,64513,small,4,1,,,\n"
    "Vienna,AT,VIE,48,16,64514,alps,2,0.5,one,,\n";
constexpr char kScenario[] = R"(
title: a test
policy: policy
places: places.csv
length: 10m
streams:
  show:
    curve: [{at: 0m, viewers: 10k}, {at: 10m, viewers: 40k}]
    bursts: [{at: 5m, viewers: 1k, over: 39s}]
    share: {AT: 25%}
)";

class StageTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = absl::StrCat(testing::TempDir(), "/stage.XXXXXX");
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    std::filesystem::create_directory(root_ + "/policy");
    Write("policy/policy.yaml", kPolicy);
    Write("places.csv", absl::StrCat(kHeader, kPlaces));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(root_ + "/" + name) << text;
  }
  absl::StatusOr<std::shared_ptr<const Stage>> Load(const std::string& scenario,
                                                    const StageOptions& options = {}) {
    Write("evening.yaml", scenario);
    return LoadStage(root_ + "/evening.yaml", options);
  }
  // Rows with an audience, by name of their group.
  static std::map<std::string, RowClients> Rows(const Stage& stage) {
    std::map<std::string, RowClients> rows;
    const Frame& frame = *stage.terrain.frame;
    for (size_t r = 0; r < stage.terrain.rows.size(); ++r) {
      if (stage.terrain.rows[r].part > 0)
        rows[frame.groups->group(frame.candidates->RowGroup(r)).name] = stage.terrain.rows[r];
    }
    return rows;
  }

  std::string root_;
};

TEST_F(StageTest, SharesCountriesThenWeightsAndWhatNoPolicyTellsApartIsOneRow) {
  const auto stage = Load(kScenario);
  ASSERT_TRUE(stage.ok()) << stage.status();
  const auto rows = Rows(**stage);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_NEAR(rows.at("DE-FRA+big").part, 0.75 * 4 / 8, 1e-12);
  EXPECT_NEAR(rows.at("DE-BER").part, 0.75 * 4 / 8, 1e-12);
  EXPECT_NEAR(rows.at("AT-VIE").part, 0.25, 1e-12);
}

TEST_F(StageTest, ARowsCachesAddUpAndItsBitrateAndDetourAreMeans) {
  const auto stage = Load(kScenario);
  ASSERT_TRUE(stage.ok()) << stage.status();
  const auto rows = Rows(**stage);
  const RowClients& big = rows.at("DE-FRA+big");
  // Of four viewers three share caches of 1000, one a cache of ten: 0.103 caches.
  EXPECT_NEAR(big.viewers_per_cache, 4 / (3 / 1000.0 + 1 / 10.0), 1e-3);
  EXPECT_NEAR(big.bitrate_mbps, 4 * (0.75 + 0.25 * 0.6), 1e-5);
  EXPECT_NEAR(big.detour_ms, 0.75 * 10 + 0.25 * 30, 1e-5);
  EXPECT_FALSE(big.one_cache);
  EXPECT_NEAR(rows.at("DE-BER").viewers_per_cache, 10'000, 1);  // the scenario's
  EXPECT_TRUE(rows.at("AT-VIE").one_cache);
}

TEST_F(StageTest, CurveBurstsLengthAndNameAreAsWritten) {
  const auto stage = Load(kScenario);
  ASSERT_TRUE(stage.ok()) << stage.status();
  const Scenario& scenario = (*stage)->scenario;
  EXPECT_EQ(scenario.name, "evening");
  EXPECT_EQ(scenario.seconds, 600);
  ASSERT_EQ(scenario.world.audiences.size(), 1u);
  const Audience& audience = scenario.world.audiences[0];
  EXPECT_NEAR(audience.At(0), 10'000, 1);
  EXPECT_NEAR(audience.At(300), 25'500, 1);
  EXPECT_NEAR(audience.At(600), 41'000, 1);
  // Three quarters of a burst within `over`, about its middle.
  EXPECT_NEAR(audience.At(319.5) - audience.At(280.5) - 39 * 50, 750, 5);
  EXPECT_EQ((*stage)->terrain.capacity_mbps, (std::vector<double>{100e3, 300e3}));
  EXPECT_EQ((*stage)->terrain.link_mbps, (std::vector<double>{350e3}));
}

TEST_F(StageTest, SeedAndPolicyCanBeOthers) {
  std::filesystem::copy(root_ + "/policy", root_ + "/second");
  std::string bigger = kPolicy;
  bigger.replace(bigger.find("100 Gbps"), 8, "200 Gbps");
  Write("second/policy.yaml", bigger);
  const auto stage = Load(kScenario, {.policy = root_ + "/second", .seed = 7});
  ASSERT_TRUE(stage.ok()) << stage.status();
  EXPECT_EQ((*stage)->scenario.world.seed, 7u);
  EXPECT_EQ((*stage)->terrain.capacity_mbps[0], 200e3);
}

TEST_F(StageTest, FaultsFindTheirTargetsByTagAndNameOnceEach) {
  const auto stage = Load(absl::StrCat(
      kScenario,
      "faults:\n"
      "  - {kind: loss, at: 2m, for: 1m, targets: {tags: [own], targets: [far]}, amount: 30%}\n"
      "  - {kind: link-loss, at: 3m, links: [wire]}\n"));
  ASSERT_TRUE(stage.ok()) << stage.status();
  const Scenario& scenario = (*stage)->scenario;
  ASSERT_EQ(scenario.faults.size(), 2u);
  EXPECT_EQ(scenario.faults[0].where.listed, (std::vector<size_t>{0, 1}));
  EXPECT_EQ(scenario.faults[0].until_s, 180);
  EXPECT_EQ(scenario.faults[0].amount, 0.3);
  EXPECT_EQ(scenario.faults[1].where.listed, (std::vector<size_t>{0}));
  EXPECT_EQ(scenario.fault_at_s, 120);
}

TEST_F(StageTest, ProbesThatFailNeedProbes) {
  const auto stage = Load(absl::StrCat(kScenario, "faults: [{kind: probe-fail, at: 1m}]\n"));
  ASSERT_FALSE(stage.ok());
  EXPECT_NE(stage.status().message().find("none of the targets is probed"), std::string::npos);
}

TEST_F(StageTest, EverybodyByDnsAloneIsAWorldLikeAnyOther) {
  const auto stage =
      Load(absl::StrCat(kScenario, "players: {dns_only: 100%, redirect: 0%, steered: 0%}\n"));
  ASSERT_TRUE(stage.ok()) << stage.status();
  const Result result = Rehearse((*stage)->scenario, (*stage)->terrain, MakeWeighted().get());
  EXPECT_TRUE(std::isfinite(result.rtt_ms));
  EXPECT_NEAR(result.playing_peak / 41'000, 1, 0.1);
}

TEST_F(StageTest, ADeadTargetHasNoUtilisationButItsViewersCount) {
  const auto stage = Load(absl::StrCat(
      kScenario, "faults: [{kind: dead, at: 6m, for: 1m, targets: {targets: [near]}}]\n"));
  ASSERT_TRUE(stage.ok()) << stage.status();
  const Result result = Rehearse((*stage)->scenario, (*stage)->terrain, MakeWeighted().get());
  EXPECT_LT(result.peak, 3);
  EXPECT_GT(result.stalled, 0);
  EXPECT_GT(result.failed_starts, 0);
}

}  // namespace
}  // namespace spillway::sim
