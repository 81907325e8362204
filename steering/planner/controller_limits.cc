// steering/planner/controller_limits.cc -- what every target and shared limit can still take.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "steering/planner/controller.h"

namespace spillway {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Load above the watermark now takes this many times itself from what a target may get: it is back
// under in half the horizon instead of at its end.
constexpr double kOverWeight = 2;

}  // namespace

// What fits below each limit beside what is pinned. Sessions and requests are pinned in proportion
// to Mbps, as measured where both are reported.
void Controller::SetLimits(const Plan& plan) {
  const Policy& policy = *frame_->policy;
  const size_t targets = policy.targets.size();
  const CandidateTable& table = *frame_->candidates;
  before_mbps_.assign(targets, 0);
  std::vector<double> service_demand(policy.services.size(), 0);
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    const float* const x = shares_.data() + table.RowBegin(row);
    service_demand[table.RowService(row).index()] += row_demand_[row];
    for (size_t i = 0; i < slots.size(); ++i)
      before_mbps_[slots[i].target.index()] += row_demand_[row] * x[i];
  }
  SetUses(plan, service_demand);
  const double total = std::accumulate(service_demand.begin(), service_demand.end(), 0.0);
  headroom_.assign(targets, kInfinity);
  hard_room_.assign(targets, kInfinity);
  for (size_t t = 0; t < targets; ++t) {
    builder_.open()[t] = open_[t];
    builder_.soft_price_ms()[t] = 0;
    for (const Resource r : kResources) SetLimit(plan, t, r);
    HoldOnload(t, total);
    if (!options_.receivers) Unprotect(t);
  }
  SetSharedLimits();
}

// The bug that rehearsals plant to see whether they would find it.
void Controller::Unprotect(size_t t) {
  if (headroom_[t] <= 0) return;
  headroom_[t] = kInfinity;
  for (const Resource r : kResources) {
    LimitInput& limit = builder_.limits()[builder_.LimitIndex(TargetId(t), r)];
    limit.headroom = limit.soft = kInfinity;
  }
}

// Without reports a target gets no larger a part of the demand than when it fell silent (papers
// 4.5).
void Controller::HoldOnload(size_t t, double total_mbps) {
  if (!open_[t] || watch_.usable()[t].may_onload || total_mbps <= 0) {
    silent_part_[t] = -1;
    return;
  }
  if (silent_part_[t] < 0) silent_part_[t] = before_mbps_[t] / total_mbps;
  const double most = std::max(before_mbps_[t], silent_part_[t] * total_mbps);
  LimitInput& egress = builder_.limits()[builder_.LimitIndex(TargetId(t), Resource::kEgress)];
  egress.headroom = std::min(egress.headroom, most);
  egress.soft = std::min(egress.soft, most);
  headroom_[t] = std::min(headroom_[t], most);
}

void Controller::SetUses(const Plan& plan, absl::Span<const double> service_demand) {
  const Policy& policy = *frame_->policy;
  double requests = 0, loaded = 0;
  for (size_t t = 0; t < plan.targets.size(); ++t) {
    const ResourceVector& load = plan.targets[t].facts.load;
    if (!load.has(Resource::kRequests)) continue;
    requests += load[Resource::kRequests];
    loaded += ledger_.ProjectedNowMbps(TargetId(t));
  }
  requests_per_mbps_ = loaded > 0 ? requests / loaded : 0;
  double starts = 0;
  for (size_t s = 0; s < policy.services.size(); ++s)
    starts += forecaster_.service(ServiceId(s)).arrivals_expected;
  const double total = std::accumulate(service_demand.begin(), service_demand.end(), 0.0);
  starts_per_mbps_ = total > 0 ? starts / total : 0;
  for (size_t s = 0; s < policy.services.size(); ++s) {
    const Forecaster::ServiceForecast forecast = forecaster_.service(ServiceId(s));
    auto& use = builder_.use_per_mbps()[s];
    const auto at = [](Resource r) { return static_cast<size_t>(r); };
    use[at(Resource::kEgress)] = 1;
    use[at(Resource::kSessions)] = 1 / policy.services[s].bitrate_mbps;
    use[at(Resource::kRequests)] = requests_per_mbps_;
    use[at(Resource::kSessionsStart)] =
        service_demand[s] > 0 ? forecast.arrivals_expected / service_demand[s] : 0;
  }
}

void Controller::SetLimit(const Plan& plan, size_t t, Resource r) {
  LimitInput& limit = builder_.limits()[builder_.LimitIndex(TargetId(t), r)];
  limit = {kInfinity, kInfinity};
  const Usable& usable = watch_.usable()[t];
  if (!usable.capacity.has(r)) return;
  const ResourceVector& load = plan.targets[t].facts.load;
  const double projected = ledger_.ProjectedNowMbps(TargetId(t));
  double per_mbps = 1;
  if (r == Resource::kSessions) per_mbps = 1 / bitrate_[t];
  if (r == Resource::kRequests) per_mbps = requests_per_mbps_;
  if (load.has(r) && projected > bitrate_[t] && r != Resource::kEgress)
    per_mbps = load[r] / projected;
  if (r == Resource::kSessionsStart) per_mbps = starts_per_mbps_;
  double pinned = commitment_.pinned_mbps[t] * per_mbps;
  if (r == Resource::kSessionsStart) {
    pinned = load.has(r) ? std::max(0.0, load[r] - commitment_.starts_per_s[t]) : 0;
  }
  const double capacity = usable.capacity[r] * usable.trust;
  // What is over the watermark already must not wait for the horizon to go.
  const double over = std::max(0.0, projected * per_mbps - watermark_[t] * usable.capacity[r]);
  hard_room_[t] =
      std::min(hard_room_[t],
               per_mbps > 0 ? std::max(0.0, hard_[t] * capacity - pinned) / per_mbps : kInfinity);
  builder_.soft_price_ms()[t] = std::max(
      builder_.soft_price_ms()[t],
      capacity > 0 ? SoftPriceMs(pinned / usable.capacity[r], shed_from_[t], watermark_[t]) : 0);
  if (r != Resource::kSessionsStart) pinned += kOverWeight * over;
  limit.headroom = watermark_[t] * capacity - pinned;
  limit.soft = shed_from_[t] * capacity - pinned;
  if (per_mbps <= 0) return;
  headroom_[t] = std::min(headroom_[t], std::max(0.0, limit.headroom) / per_mbps);
}

// A shared limit holds what its targets have pinned and what they get; its watermark is theirs.
void Controller::SetSharedLimits() {
  const Policy& policy = *frame_->policy;
  limit_room_.assign(policy.limits.size(), 0);
  for (size_t l = 0; l < policy.limits.size(); ++l) {
    double pinned = 0, watermark = 1, shed_from = 1, hard = 1;
    for (const TargetId t : policy.limits[l].targets) {
      pinned += commitment_.pinned_mbps[t.index()];
      watermark = std::min(watermark, watermark_[t.index()]);
      shed_from = std::min(shed_from, shed_from_[t.index()]);
      hard = std::min(hard, hard_[t.index()]);
    }
    limit_room_[l] = hard * policy.limits[l].egress_mbps - pinned;
    builder_.limits()[builder_.SharedIndex(l)] = {
        watermark * policy.limits[l].egress_mbps - pinned,
        shed_from * policy.limits[l].egress_mbps - pinned};
  }
}

}  // namespace spillway
