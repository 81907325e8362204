// Verdict, JSON and page of small evenings played for real.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "sim/report/evening.h"
#include "sim/report/evening_json.h"
#include "sim/report/page.h"
#include "sim/rivals/rivals.h"
#include "sim/scenario/stage.h"

namespace spillway::sim {
namespace {

std::shared_ptr<const Stage> Fight() {
  auto stage = LoadStage(SPILLWAY_SOURCE_DIR "/tests/golden/rehearsal/fight.yaml");
  EXPECT_TRUE(stage.ok()) << stage.status();
  return *stage;
}

std::string Reasons(const Evening& evening) { return absl::StrJoin(Judge(evening).reasons, "\n"); }

// A stage whose faults and word about demand are as told.
std::shared_ptr<const Stage> With(std::vector<Fault> faults, bool fits) {
  auto stage = std::make_shared<Stage>(*Fight());
  stage->scenario.faults = std::move(faults);
  stage->fits = fits;
  return stage;
}

TEST(Verdict, HeldWhenNothingIsAskedForMoreThanItHas) {
  const Evening evening = PlayEvening(With({}, true), "ours", [] { return MakeOurs(); });
  EXPECT_EQ(Judge(evening).outcome, Outcome::kHeld) << Reasons(evening);
  EXPECT_EQ(evening.tally.over_s(), 0);
  EXPECT_EQ(evening.result.over_100, 0);
  EXPECT_THAT(Reasons(evening), testing::HasSubstr(evening.result.peak_target));
}

TEST(Verdict, NotHeldWhenTheNearestTargetFillsUp) {
  const Evening evening = PlayEvening(With({}, true), "nearest", [] { return MakeNearest(); });
  EXPECT_EQ(Judge(evening).outcome, Outcome::kNotHeld);
  EXPECT_GT(evening.result.over_100, 0);
  EXPECT_THAT(Reasons(evening), testing::HasSubstr("overloaded from"));
}

TEST(Verdict, AFaultExcusesTwoMinutes) {
  const Evening evening = PlayEvening(Fight(), "ours", [] { return MakeOurs(); });
  EXPECT_EQ(Judge(evening).outcome, Outcome::kExcused) << Reasons(evening);
  EXPECT_GT(evening.tally.over_s(), 0);
  EXPECT_EQ(evening.tally.over_s(), evening.tally.excused_s());
}

TEST(Verdict, AgreesWithTheScore) {
  for (const char* name : {"nearest", "weighted", "least-loaded"}) {
    const Evening evening = PlayEvening(Fight(), name, FindRival(name)->make);
    double over = 0, peak = 0;
    for (const Tally::Target& target : evening.tally.targets()) {
      over += target.over_viewer_s;
      peak = std::max(peak, target.peak);
    }
    EXPECT_EQ(over > 0, evening.result.over_100 > 0) << name;
    EXPECT_DOUBLE_EQ(peak, evening.result.peak) << name;
  }
}

TEST(Evening, SamplesKeepThePeakBetweenThem) {
  const Evening evening = PlayEvening(Fight(), "nearest", [] { return MakeNearest(); });
  ASSERT_GT(evening.timeline.every_s(), 1);
  const size_t fullest = ByPeak(evening)[0];
  const std::vector<float>& series = evening.timeline.targets()[fullest].utilisation;
  EXPECT_FLOAT_EQ(*std::max_element(series.begin(), series.end()),
                  static_cast<float>(evening.tally.targets()[fullest].peak));
}

TEST(Evening, ProgressIsToldEverySecondAndChangesNothing) {
  int told = 0;
  const Evening watched = PlayEvening(
      Fight(), "nearest", [] { return MakeNearest(); },
      [&told](const Progress& now) { EXPECT_EQ(now.t_s, ++told); });
  const Evening alone = PlayEvening(Fight(), "nearest", [] { return MakeNearest(); });
  EXPECT_EQ(told, 1800);
  EXPECT_EQ(EveningsJson({watched}, ""), EveningsJson({alone}, ""));
}

TEST(Evening, SamplesAreAtMostAPageWide) {
  EXPECT_EQ(SampleEvery(60), 1);
  EXPECT_EQ(SampleEvery(1800), 5);
  EXPECT_EQ(SampleEvery(7 * 3600), 60);
  for (int seconds = 60; seconds <= 86400; seconds += 997)
    EXPECT_LE(seconds / SampleEvery(seconds), kSamplesMax) << seconds;
}

// Every series of `object` is as long as the axis of time.
void ExpectLength(simdjson::dom::object object, size_t length) {
  for (const auto& [key, value] : object) {
    simdjson::dom::array array;
    if (value.get(array) == simdjson::SUCCESS) {
      EXPECT_EQ(array.size(), length) << key;
    }
  }
}

TEST(EveningJson, ParsesAndItsSeriesLineUp) {
  const Evening evening = PlayEvening(Fight(), "ours", [] { return MakeOurs(); });
  const std::string json = EveningsJson({evening}, "spillway rehearse 'a b'");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(json).get(root), simdjson::SUCCESS);
  EXPECT_EQ(std::string(root["command"].get_string().value()), "spillway rehearse 'a b'");
  EXPECT_EQ(root["seconds"].get_int64().value(), 1800);
  const simdjson::dom::element first = root["evenings"].at(0);
  const size_t length = first["series"]["t_s"].get_array().value().size();
  EXPECT_EQ(length, 1800u / 5);
  ExpectLength(first["series"], length);
  EXPECT_EQ(first["targets"].get_array().value().size(), 8u);
  for (const simdjson::dom::element target : first["targets"]) {
    EXPECT_EQ(target["utilisation"].get_array().value().size(), length);
    EXPECT_EQ(target["price_ms"].get_array().value().size(), length);
  }
  for (const simdjson::dom::element service : first["services"])
    ExpectLength(service["series"], length);
  for (const simdjson::dom::element region : first["regions"])
    EXPECT_EQ(region["playing"].get_array().value().size(), length);
}

TEST(Page, HoldsTheSameJsonAndNothingFromElsewhere) {
  const Evening evening = PlayEvening(Fight(), "nearest", [] { return MakeNearest(); });
  const std::string json = EveningsJson({evening}, "</script><script>alert(1)</script>");
  const std::string page = Page("A <b>fight</b> & more", json);
  EXPECT_THAT(page, testing::HasSubstr("A &lt;b&gt;fight&lt;/b&gt; &amp; more"));
  EXPECT_THAT(page, testing::Not(testing::HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, testing::Not(testing::HasSubstr("{{")));
  EXPECT_THAT(page, testing::Not(testing::ContainsRegex("(src|href)=")));
  const size_t begin = page.find("id=\"data\">") + 10, end = page.find("</script>", begin);
  simdjson::dom::parser parser;
  simdjson::dom::element embedded;
  ASSERT_EQ(parser.parse(page.substr(begin, end - begin)).get(embedded), simdjson::SUCCESS);
  EXPECT_EQ(std::string(embedded["command"].get_string().value()),
            "</script><script>alert(1)</script>");
}

}  // namespace
}  // namespace spillway::sim
