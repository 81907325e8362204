#include "sim/rivals/allocation.h"

#include <algorithm>

namespace spillway::sim {
namespace {

// Refusing costs more than any detour, the more the higher the class.
constexpr double kSinkMs[kServiceClassCount] = {1000, 900, 800, 700, 600};

}  // namespace

void AddLinkRoom(const Policy& policy, absl::Span<const double> link_mbps, double fill,
                 absl::Span<const double> pinned_mbps, std::vector<double>* room) {
  for (size_t l = 0; l < policy.limits.size(); ++l) {
    room->push_back(fill * link_mbps[l]);
    for (const TargetId t : policy.limits[l].targets) room->back() -= pinned_mbps[t.index()];
  }
}

void Allocation::Bind(const Frame& frame, bool links) {
  const CandidateTable& table = *frame.candidates;
  for (size_t r = 0; r < table.row_count(); ++r) {
    row_begin_.push_back(table.RowBegin(r));
    for (const Slot& slot : table.Row(r)) {
      slot_target_.push_back(slot.target.value());
      cost_.push_back(slot.cost_ms);
      prior_.push_back(slot.fenced ? 0 : 1);
    }
    const Service& service = frame.policy->service(table.RowService(r));
    row_class_.push_back(static_cast<uint8_t>(service.service_class));
  }
  row_begin_.push_back(static_cast<uint32_t>(table.slot_count()));
  const size_t targets = frame.policy->targets.size();
  const std::vector<SharedLimit>& limits = frame.policy->limits;
  use_begin_ = {0};
  for (size_t t = 0; t < targets; ++t) {
    use_limit_.push_back(static_cast<uint32_t>(t));
    for (size_t l = 0; links && l < limits.size(); ++l) {
      if (std::binary_search(limits[l].targets.begin(), limits[l].targets.end(), TargetId(t)))
        use_limit_.push_back(static_cast<uint32_t>(targets + l));
    }
    use_begin_.push_back(static_cast<uint32_t>(use_limit_.size()));
  }
  use_factor_.assign(use_limit_.size(), 1);
}

const solve::Solution& Allocation::Solve(const Frame& frame, absl::Span<const double> demand,
                                         absl::Span<const double> room) {
  if (row_begin_.empty()) Bind(frame, room.size() > frame.policy->targets.size());
  const solve::Problem problem{.row_begin = row_begin_,
                               .demand = demand,
                               .row_class = row_class_,
                               .slot_target = slot_target_,
                               .slot_cost_ms = cost_,
                               .slot_prior = prior_,
                               .use_begin = use_begin_,
                               .use_limit = use_limit_,
                               .use_factor = use_factor_,
                               .headroom = room,
                               .sink_cost_ms = kSinkMs};
  solution_ = &solver_.Solve(problem, {.sweeps_max = sweeps_max_}, price_);
  price_ = solution_->price_ms;
  return *solution_;
}

void Allocation::Weigh(const Frame& frame, size_t row, absl::Span<const Slot> slots,
                       absl::Span<const double> spill, absl::Span<double> weights) const {
  double all = 0;
  for (const Slot& slot : slots) all += spill[slot.target.index()];
  for (size_t i = 0; i < slots.size(); ++i) {
    weights[i] = solution_->shares[frame.candidates->RowBegin(row) + i];
    if (all > 0) weights[i] += solution_->sink_shares[row] * spill[slots[i].target.index()] / all;
  }
}

double Allocation::Refused(absl::Span<const double> demand) const {
  double refused = 0, all = 0;
  for (size_t r = 0; r < demand.size(); ++r) {
    refused += demand[r] * solution_->sink_shares[r];
    all += demand[r];
  }
  return all > 0 ? refused / all : 0;
}

}  // namespace spillway::sim
