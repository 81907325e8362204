// steering/plan/plan_hash.cc -- see plan_hash.h.
#include "steering/plan/plan_hash.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/hash.h"

namespace spillway {
namespace {

// Four chains side by side: a mix takes 12 cycles and waits only for the one before it.
class Words {
 public:
  void Add(uint64_t word) {
    uint64_t& lane = lanes_[count_++ % lanes_.size()];
    lane = Mix64(lane ^ word);
  }
  void Add(double value) { Add(std::bit_cast<uint64_t>(value)); }
  template <typename... T>
  void AddAll(T... values) {
    (Add(values), ...);
  }
  uint64_t Finish() const {
    uint64_t hash = count_;
    for (const uint64_t lane : lanes_) hash = CombineHash(hash, lane);
    return hash;
  }

 private:
  std::array<uint64_t, 4> lanes_ = {1, 2, 3, 4};
  uint64_t count_ = 0;
};

void AddRows(const Plan& plan, Words* out) {
  out->Add(uint64_t{plan.rows.size()});
  for (const PlanRow& row : plan.rows) {
    out->Add(uint64_t{row.cells} << 32 | uint64_t{row.only_slot} << 16 |
             static_cast<uint64_t>(row.state) << 8 | row.ladder_step);
    out->Add(uint64_t{row.ttl_s} << 32 | std::bit_cast<uint32_t>(row.refused));
    out->Add(uint64_t{row.admit_permille} << 32 | uint64_t{row.retry_admit_permille} << 16 |
             row.retry_after_s);
  }
  uint64_t pair = uint64_t{plan.slots.size()} << 32;
  for (size_t s = 0; s < plan.slots.size(); ++s) {
    const SlotPlan& slot = plan.slots[s];
    pair = pair << 32 | uint64_t{slot.quota} << 16 | static_cast<uint64_t>(slot.verdict) << 8 |
           static_cast<uint64_t>(slot.held);
    if (s % 2 == 1) out->Add(pair);
  }
  out->Add(pair);
  static_assert(kCellCount % sizeof(uint64_t) == 0);
  for (size_t c = 0; c + sizeof(uint64_t) <= plan.cells.size(); c += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, plan.cells.data() + c, sizeof(word));
    out->Add(word);
  }
}

void AddFigures(const Plan& plan, Words* out) {
  for (const TargetStatus& t : plan.targets) {
    out->AddAll(t.utilisation, t.headroom_mbps, t.accept, t.capacity_mbps, t.trust, t.modelled_mbps,
                t.correction_mbps, t.pinned_mbps, t.planned_mbps, t.price_ms);
    out->Add(static_cast<uint64_t>(t.limit) << 32 | static_cast<uint64_t>(t.binding) << 24 |
             uint64_t{t.up} << 16 | uint64_t{t.returning} << 8 | uint64_t{t.capacity_estimated});
  }
  for (const double price : plan.price_ms) out->Add(price);
  for (const LimitStatus& limit : plan.limits)
    out->AddAll(limit.headroom, limit.load, limit.price_ms);
  for (const ServiceStatus& s : plan.services) {
    out->AddAll(s.arrivals_now, s.arrivals_expected, s.arrivals_q10, s.arrivals_q90,
                s.forecast_error, s.sessions, s.refused, s.moved);
    out->Add(uint64_t{s.ladder_step} << 8 | uint64_t{s.guard_exceeded});
  }
}

}  // namespace

uint64_t PlanHash(const Plan& plan) {
  Words words;
  words.Add(static_cast<uint64_t>(absl::ToUnixNanos(plan.made_at)));
  words.Add(static_cast<uint64_t>(absl::ToInt64Nanoseconds(plan.horizon)));
  words.Add(uint64_t{plan.epoch} << 32 | static_cast<uint32_t>(plan.solver_sweeps));
  words.Add(uint64_t{plan.telemetry_frozen} << 16 | uint64_t{plan.fail_static} << 8 |
            uint64_t{plan.solver_converged});
  AddRows(plan, &words);
  AddFigures(plan, &words);
  return words.Finish();
}

}  // namespace spillway
