// tests/sim/rivals_test.cc -- the rivals and the limit in the closed loop: what makes the comparison
// fair.
//
// 60 groups, 24 targets, 12 candidates each, fixed seed: small, because there are many evenings.
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sim/rehearsal.h"
#include "sim/rivals/rivals.h"
#include "sim/steering.h"
#include "sim/terrain.h"

namespace spillway::sim {
namespace {

// A part of viewer-seconds that is nothing: report noise and whole cells.
constexpr double kNothing = 1e-4;

class Evenings : public testing::TestWithParam<const char*> {
 protected:
  Evenings() {
    WorldConfig config;
    config.groups = 60;
    config.targets = 24;
    config.candidates = 12;
    scenario_ = MakeScenario(GetParam(), config);
    scenario_.seconds = 4800;
    terrain_ = MakeTerrain(scenario_.world);
  }
  Result Play(std::unique_ptr<Steering> steering) {
    return Rehearse(scenario_, terrain_, steering.get());
  }

  Scenario scenario_;
  Terrain terrain_;
};

TEST_P(Evenings, OursOverloadsLessThanEveryRivalAndNobodyLessThanTheClairvoyant) {
  const Result limit = Play(MakeClairvoyant());
  const Result ours = Play(MakeOurs());
  EXPECT_GE(ours.over_100, limit.over_100 - kNothing);
  for (const Rival& rival : Rivals()) {
    if (rival.name == "clairvoyant") continue;
    const Result r = Play(rival.make());
    EXPECT_GE(r.over_100, limit.over_100 - kNothing) << rival.name;
    EXPECT_GE(r.over_100, ours.over_100 - kNothing) << rival.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Evenings, testing::Values("none", "cdnloss", "loss", "over"),
                         [](const auto& evening) { return std::string(evening.param); });

}  // namespace
}  // namespace spillway::sim
