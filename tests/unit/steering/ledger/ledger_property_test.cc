// tests/unit/steering/ledger/ledger_property_test.cc -- whatever comes in, numbers come out; and the
// same ones every time.
#include <cmath>
#include <limits>
#include <random>

#include "tests/unit/steering/ledger/ledger_testing.h"

namespace spillway {
namespace {

class LedgerPropertyTest : public LedgerWorld {
 protected:
  // A value that a broken forecaster, feed or clock could give.
  double Any() {
    switch (random_() % 12) {
      case 0:
        return std::numeric_limits<double>::quiet_NaN();
      case 1:
        return std::numeric_limits<double>::infinity();
      case 2:
        return -std::numeric_limits<double>::infinity();
      case 3:
        return -1;
      case 4:
        return 1e300;
      case 5:
        return 1e-300;
      case 6:
        return 0;
      case 7:
        return 1e30;
      default:
        return static_cast<double>(random_() % 1000) / 10;
    }
  }
  void Fill(std::vector<float>* values, size_t size) {
    if (random_() % 8 == 0) size = random_() % 5;  // wrong: not to be read
    values->resize(size);
    for (float& v : *values) v = static_cast<float>(random_() % 3 == 0 ? 0 : Any());
  }
  absl::Duration AnyTime() {
    switch (random_() % 6) {
      case 0:
        return absl::ZeroDuration();
      case 1:
        return absl::Seconds(Any());
      case 2:
        return -absl::Seconds(3);
      case 3:
        return absl::InfiniteDuration();
      default:
        return absl::Milliseconds(random_() % 8000);
    }
  }
  void RandomTick() {
    const size_t slots = frame_->candidates->slot_count(), rows = frame_->candidates->row_count();
    for (auto* v : {&activity_.dns, &activity_.redirect, &activity_.steering, &shares_})
      Fill(v, slots);
    for (auto* v : {&demand_.dns_arrivals, &demand_.redirect_arrivals, &demand_.dns_expected,
                    &demand_.redirect_expected, &demand_.margin, &ttl_s_})
      Fill(v, rows);
    for (auto* v : {&calibration_.dns_weight, &calibration_.redirect_weight,
                    &calibration_.session_s, &calibration_.bitrate_mbps})
      Fill(v, 1);
    activity_.elapsed = AnyTime();
    now_ += random_() % 5 == 0 ? -absl::Seconds(4) : absl::Milliseconds(random_() % 3000);
    ledger_.Advance(now_, activity_, demand_, calibration_, shares_, ttl_s_);
    std::vector<Ledger::Report> reports;
    for (int i = 0; i < 3; ++i)
      reports.push_back({TargetId(random_() % 4), now_ - AnyTime(), Any()});
    ledger_.Correct(reports);
  }
  // Everything that can be asked, in one line of numbers.
  std::vector<double> State(absl::Duration horizon) {
    Ledger::Commitment out;
    ledger_.Commit(now_, horizon, demand_, calibration_, &out);
    std::vector<double> all(out.pinned_mbps);
    all.insert(all.end(), out.steerable_mbps.begin(), out.steerable_mbps.end());
    all.insert(all.end(), out.steerable_mbps_median.begin(), out.steerable_mbps_median.end());
    all.insert(all.end(), out.starts_per_s.begin(), out.starts_per_s.end());
    for (size_t t = 0; t < 3; ++t) {
      all.push_back(ledger_.ModelledMbps(TargetId(t)));
      all.push_back(ledger_.ProjectedNowMbps(TargetId(t)));
      all.push_back(ledger_.InheritedMbps(TargetId(t)));
    }
    for (size_t row = 0; row < frame_->candidates->row_count(); ++row) {
      all.push_back(ledger_.RowSessions(row));
      all.push_back(ledger_.ObeyFraction(row));
    }
    return all;
  }

  std::mt19937_64 random_;
};

TEST_F(LedgerPropertyTest, NoInputMakesANumberThatIsNone) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    random_.seed(seed);
    ledger_ = Ledger();
    ledger_.Bind(frame_);
    for (int tick = 0; tick < 60; ++tick) {
      RandomTick();
      if (random_() % 20 == 0) ledger_.Bind(SmallFrame());
      for (double value : State(AnyTime())) {
        ASSERT_TRUE(std::isfinite(value) && value >= 0)
            << "seed " << seed << " tick " << tick << ": " << value;
      }
      for (size_t t = 0; t < 3; ++t) {
        ASSERT_TRUE(std::isfinite(ledger_.CorrectionMbps(TargetId(t)))) << "seed " << seed;
        ASSERT_TRUE(std::isfinite(ledger_.TrendMbpsPerS(TargetId(t)))) << "seed " << seed;
      }
    }
  }
}

TEST_F(LedgerPropertyTest, TheSameCallsGiveTheSameBits) {
  std::vector<double> first;
  for (int run = 0; run < 2; ++run) {
    random_.seed(7);
    ledger_ = Ledger();
    ledger_.Bind(frame_);
    now_ = absl::FromUnixSeconds(1'700'000'000);
    std::vector<double> all;
    for (int tick = 0; tick < 200; ++tick) {
      RandomTick();
      for (double value : State(absl::Seconds(90))) all.push_back(value);
    }
    if (run == 0) first = all;
    EXPECT_EQ(first, all);
  }
}

TEST_F(LedgerPropertyTest, MovesNeitherMakeNorLoseSessions) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    random_.seed(seed);
    ledger_ = Ledger();
    ledger_.Bind(frame_);
    calibration_.session_s = {1e7f};
    for (size_t t = 0; t < 3; ++t) Redirect(t, random_() % 5000 + 1000);
    const double all = ledger_.RowSessions(Row());
    for (int tick = 0; tick < 200; ++tick) {
      for (size_t t = 0; t < 3; ++t)
        activity_.steering[SlotOf(t)] = static_cast<float>(random_() % 30);
      Advance(1);
    }
    EXPECT_NEAR(ledger_.RowSessions(Row()), all, 1e-4 * all) << seed;
    std::fill(activity_.steering.begin(), activity_.steering.end(), 0.0f);
  }
}

TEST_F(LedgerPropertyTest, ADayOfTicksDoesNotGrowIt) {
  SendTo(0);
  Arrive(5);
  Advance(300);
  const size_t bytes = ledger_.memory_bytes();
  Advance(20'000);
  EXPECT_EQ(ledger_.memory_bytes(), bytes);
}

}  // namespace
}  // namespace spillway
