// tests/unit/steering/control/loss_alarm_test.cc -- which losses matter, and how they are shown.
#include "steering/control/loss_alarm.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

using testing::HasSubstr;

class LossAlarmTest : public testing::Test {
 protected:
  // Takes a report in which fra1 and ams1 carry 500 Mbps each and refuse so much.
  void Take(double fra1_refused, double ams1_refused) {
    now_ += absl::Seconds(10);
    auto report = std::make_shared<LossReport>();
    report->frame = frame_;
    report->asked_at = now_;
    report->losses = {{.target = 0, .lost_mbps = 500, .refused_mbps = fra1_refused},
                      {.target = 1, .lost_mbps = 500, .refused_mbps = ams1_refused}};
    alarm_.Take(report, now_);
  }
  std::string Metrics(absl::Duration later) const {
    MetricsWriter writer;
    alarm_.WriteMetrics(now_ + later, &writer);
    return writer.text();
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  LossAlarm alarm_;
};

TEST_F(LossAlarmTest, IsOnWhileALossWouldRefuseMoreThanTheSolversTolerance) {
  Take(0, 4.9);
  EXPECT_FALSE(alarm_.on());
  Take(0, 5.1);
  EXPECT_TRUE(alarm_.on());
  Take(0, 0);
  EXPECT_FALSE(alarm_.on());
}

TEST_F(LossAlarmTest, AnIdleFleetOfOneTargetIsNoAlarm) {
  auto report = std::make_shared<LossReport>();
  report->frame = frame_;
  report->losses = {{.target = 0, .lost_mbps = 0.5, .refused_mbps = 0.5}};
  alarm_.Take(report, now_);
  EXPECT_FALSE(alarm_.on());
}

TEST_F(LossAlarmTest, ShowsEveryTargetThatWasAskedAndTheAge) {
  EXPECT_EQ(Metrics(absl::ZeroDuration()), "") << "nothing is known yet";
  Take(120, 0);
  const std::string text = Metrics(absl::Seconds(3));
  EXPECT_THAT(text, HasSubstr("spillway_n_minus_one_refused_mbps{target=\"fra1\"} 120\n"));
  EXPECT_THAT(text, HasSubstr("spillway_n_minus_one_refused_mbps{target=\"ams1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("spillway_n_minus_one_alarm 1\n"));
  EXPECT_THAT(text, HasSubstr("spillway_n_minus_one_age_seconds 3\n"));
}

TEST_F(LossAlarmTest, NamesTheLossItIsAboutAndNotOneThatIsTolerance) {
  const auto json = [this] {
    JsonWriter w;
    alarm_.WriteJson(now_, &w);
    return std::string(w.text());
  };
  EXPECT_THAT(json(), HasSubstr("\"hardest\":null"));
  Take(4.9, 0);
  EXPECT_THAT(json(), HasSubstr("\"hardest\":null"));
  Take(4.9, 300);
  EXPECT_THAT(json(), HasSubstr("\"hardest\":{\"target\":\"ams1\",\"lost_mbps\":500"));
  EXPECT_THAT(json(), HasSubstr("\"converged\":true"));
}

TEST_F(LossAlarmTest, ALineWhenItBeginsAndOneWhenItIsOver) {
  testing::internal::CaptureStderr();
  Take(120, 300);
  Take(110, 310);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(HasSubstr("if ams1 died now, 300 of the 500 Mbps"),
                             testing::Not(HasSubstr("310"))));
  testing::internal::CaptureStderr();
  for (int i = 0; i < 20; ++i) Take(0, 0);
  const std::string end = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(end.begin(), end.end(), '\n'), 1) << end;
}

}  // namespace
}  // namespace spillway
