// tests/unit/steering/ledger/ledger_testing.h -- a ledger in the small world, advanced by seconds.
#ifndef SPILLWAY_TESTS_UNIT_STEERING_LEDGER_LEDGER_TESTING_H_
#define SPILLWAY_TESTS_UNIT_STEERING_LEDGER_LEDGER_TESTING_H_

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "steering/ledger/ledger.h"
#include "tests/support/policy_fixture.h"

namespace spillway {

// Sessions of 30 min at 5 Mbps, TTL 30 s. Everybody is in the group "germany" unless said otherwise.
class LedgerWorld : public testing::Test {
 protected:
  LedgerWorld() { Use(SmallFrame()); }

  void Use(std::shared_ptr<const Frame> frame) {
    frame_ = std::move(frame);
    const CandidateTable& table = *frame_->candidates;
    for (auto* counts : {&activity_.dns, &activity_.redirect, &activity_.steering, &shares_})
      counts->assign(table.slot_count(), 0);
    for (auto* by_row : {&demand_.dns_arrivals, &demand_.redirect_arrivals, &demand_.dns_expected,
                         &demand_.redirect_expected})
      by_row->assign(table.row_count(), 0);
    ledger_.Bind(frame_);
  }

  size_t Row(absl::string_view group = "??+germany") const {
    return frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup(group));
  }
  // The slot of target `id` in the row.
  size_t SlotOf(size_t id, absl::string_view group = "??+germany") const {
    const size_t row = Row(group);
    for (size_t i = 0; i < frame_->candidates->Row(row).size(); ++i) {
      if (frame_->candidates->Row(row)[i].target == TargetId(id))
        return frame_->candidates->RowBegin(row) + i;
    }
    ADD_FAILURE() << "no slot for target " << id;
    return 0;
  }
  // The plan sends everybody of the row to target `id`.
  void SendTo(size_t id, absl::string_view group = "??+germany") {
    for (size_t t = 0; t < 3; ++t) shares_[SlotOf(t, group)] = t == id;
  }
  void Arrive(double dns_per_s, absl::string_view group = "??+germany") {
    demand_.dns_arrivals[Row(group)] = static_cast<float>(dns_per_s);
    demand_.dns_expected[Row(group)] = static_cast<float>(dns_per_s);
  }
  void Advance(double seconds, double step = 1) {
    for (double done = 0; done < seconds - 1e-9; done += step) {
      activity_.elapsed = absl::Seconds(step);
      now_ += activity_.elapsed;
      ledger_.Advance(now_, activity_, demand_, calibration_, shares_, ttl_s_);
    }
  }
  void Redirect(size_t id, double sessions) {
    activity_.elapsed = absl::ZeroDuration();
    activity_.redirect[SlotOf(id)] = static_cast<float>(sessions);
    ledger_.Advance(now_, activity_, demand_, calibration_, shares_);
    activity_.redirect[SlotOf(id)] = 0;
  }
  void Report(size_t id, double mbps, double age_s = 0) {
    ledger_.Correct({{TargetId(id), now_ - absl::Seconds(age_s), mbps}});
  }
  double Sessions(size_t id) const { return ledger_.SlotSessions(SlotOf(id)); }
  Ledger::Commitment Commit(double horizon_s) const {
    Ledger::Commitment out;
    ledger_.Commit(now_, absl::Seconds(horizon_s), demand_, calibration_, &out);
    return out;
  }

  std::shared_ptr<const Frame> frame_;
  Activity activity_;
  Demand demand_;
  Calibration calibration_;
  std::vector<float> shares_;
  std::vector<float> ttl_s_;  // by row; empty = the service's
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  Ledger ledger_;
};

}  // namespace spillway

#endif  // SPILLWAY_TESTS_UNIT_STEERING_LEDGER_LEDGER_TESTING_H_
