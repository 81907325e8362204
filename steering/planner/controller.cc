// steering/planner/controller.cc -- see controller.h.
#include "steering/planner/controller.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"
#include "steering/plan/match.h"
#include "steering/planner/target_status.h"

namespace spillway {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Reports are noisy by 2 to 3 %: from this part of its capacity on a target may well deliver all it
// can.
constexpr double kSaturatedFrom = 0.95;

// Three segments of 4 s and the buffer's turn.
constexpr absl::Duration kLadderTaken = absl::Seconds(10);

// A target may differ from the others by this much: session lengths and resolvers are not alike.
constexpr double kBelievedLow = 0.95;
// A target that carries this part of what we placed there is not dead, whatever it says.
constexpr double kServesPart = 0.5;
// Beyond these the model knows too little to judge anyone by it.
constexpr double kCommonMin = 0.3, kCommonMax = 1.5;

// Longest gap between plans that is credited to moving: after a pause nothing may jump.
constexpr absl::Duration kElapsedMax = absl::Seconds(5);

// The horizon is four times the longest TTL (papers 4.3: 2 to 4): by then what is cached now has
// been asked again, so what an answer changes has happened.
constexpr int kHorizonTtls = 4;
constexpr absl::Duration kHorizonMin = absl::Seconds(10), kHorizonMax = absl::Seconds(300);

constexpr float kRowDemandMin = 1e-6f;  // Mbps

absl::Duration HorizonOf(const Policy& policy) {
  absl::Duration ttl;
  for (const Service& service : policy.services) ttl = std::max(ttl, service.ttl.calm);
  return std::clamp(kHorizonTtls * ttl, kHorizonMin, kHorizonMax);
}

// Capacity of the newest plan over which a feed or the policy has a word.
double CapacityOf(const Usable& usable, Resource r) {
  return usable.capacity.has(r) ? usable.capacity[r] : kInfinity;
}

}  // namespace

void Controller::Bind(std::shared_ptr<const Frame> frame) {
  frame_ = std::move(frame);
  const Policy& policy = *frame_->policy;
  const size_t targets = policy.targets.size();
  horizon_ = HorizonOf(policy);
  ledger_.Bind(frame_);
  rooms_.Bind(frame_);
  forecaster_.Bind(frame_);
  calibrator_.Bind(frame_);
  watch_.Bind(frame_);
  builder_.Bind(frame_);
  pacer_.Bind(*frame_);
  overload_.Bind(frame_);
  bitrate_part_.assign(frame_->candidates->row_count(), 1);
  mean_part_ = 1;
  row_demand_.assign(frame_->candidates->row_count(), 0);
  prices_.clear();
  CarryShares();
  reported_at_.assign(targets, absl::InfinitePast());
  silent_part_.assign(targets, -1);
  overfilled_.assign(targets, 0);
  watermark_.assign(targets, 1);
  shed_from_.assign(targets, 1);
  hard_.assign(targets, 1);
  bitrate_.assign(targets, 0);
  std::vector<int> services_of(targets, 0);
  for (const Service& service : policy.services) {
    for (const Candidate& candidate : service.candidates) {
      const size_t t = candidate.target.index();
      watermark_[t] = std::min(watermark_[t], service.watermark.target);
      shed_from_[t] = std::min(shed_from_[t], service.watermark.shed_from);
      hard_[t] = std::min(hard_[t], service.watermark.hard);
      bitrate_[t] += service.bitrate_mbps;
      ++services_of[t];
    }
  }
  for (size_t t = 0; t < targets; ++t) bitrate_[t] /= std::max(1, services_of[t]);
}

// Shares in force follow their (service, group, target) into a new frame; a row that is new has
// none.
void Controller::CarryShares() {
  const CandidateTable& table = *frame_->candidates;
  std::vector<float> carried(table.slot_count(), 0);
  if (previous_ != nullptr) {
    const std::vector<uint32_t> from = MatchSlots(*previous_->frame, *frame_);
    for (size_t s = 0; s < carried.size(); ++s)
      if (from[s] != kNoSlot) carried[s] = shares_[from[s]];
  }
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<float> x =
        absl::MakeSpan(carried).subspan(table.RowBegin(row), table.Row(row).size());
    float sum = 0;
    for (const float share : x) sum += share;
    if (sum > 0) {
      for (float& share : x) share /= sum;
    }
  }
  shares_ = std::move(carried);
}

// What was planned and not published has moved nobody. `next`: the frame of the tick that begins.
void Controller::TakeInForce(const std::shared_ptr<const Plan>& plan, const Frame* next) {
  generation_ = std::max(generation_, plan->generation);
  // Of a third frame: nothing will carry its slots to those of frame_.
  if (plan == previous_ || (plan->frame != frame_ && next == frame_.get())) return;
  previous_ = plan;
  shares_.resize(plan->slots.size());
  for (size_t s = 0; s < shares_.size(); ++s)
    shares_[s] = static_cast<float>(plan->slots[s].quota) / kCellCount;
}

std::shared_ptr<const Plan> Controller::Tick(std::shared_ptr<const Frame> frame,
                                             const ControllerInputs& in) {
  CHECK(in.facts.targets.size() == frame->policy->targets.size());
  if (in.in_force != nullptr) TakeInForce(in.in_force, frame.get());
  if (frame != frame_) Bind(std::move(frame));
  auto plan = std::make_shared<Plan>();
  plan->frame = frame_;
  plan->generation = ++generation_;
  plan->made_at = in.facts.now;
  plan->telemetry_frozen = in.facts.telemetry_frozen;
  plan->horizon = horizon_;
  plan->heavy = in.heavy;
  plan->epoch = in.epoch;
  elapsed_ = previous_ == nullptr ? kElapsedMax : in.facts.now - previous_->made_at;
  elapsed_ = std::clamp(elapsed_, absl::ZeroDuration(), kElapsedMax);

  Observe(in);
  ReadTargets(in.facts, plan.get());
  Commit(in);
  SetLimits(*plan);
  Solve();
  Allocate(*plan);
  Pace(in.facts, plan.get());
  HoldBack(in.facts.now, *plan);
  FillPlan(plan.get());
  previous_ = plan;
  return plan;
}

void Controller::Observe(const ControllerInputs& in) {
  if (in.activity.elapsed > absl::ZeroDuration()) {
    if (previous_ != nullptr && previous_->frame == frame_)
      rooms_.Count(in.activity, previous_->rows);
    forecaster_.Observe(in.facts.now, in.activity, in.resolver_arrivals, rooms_.joins());
    forecaster_.Predict(in.facts.now, horizon_, &demand_);
    demand_.waiting.assign(rooms_.waiting().begin(), rooms_.waiting().end());
    if (!options_.trend) {
      demand_.dns_expected = demand_.dns_arrivals;
      demand_.redirect_expected = demand_.redirect_arrivals;
    }
    SetLadders(in.activity.elapsed);
    row_ttl_s_.clear();  // the calm one before the first plan of a frame
    if (previous_ != nullptr && previous_->frame == frame_) {
      for (const PlanRow& row : previous_->rows)
        row_ttl_s_.push_back(static_cast<float>(row.ttl_s));
    }
    down_.clear();
    for (size_t t = 0; t < in.facts.targets.size(); ++t) down_.push_back(IsDead(in.facts, t));
    ledger_.SetDown(down_);
    ledger_.Advance(in.facts.now, in.activity, demand_, calibration_, shares_, row_ttl_s_);
  }
  WatchTargets(in.facts);
  // Frozen telemetry: what still arrives cannot be told from what is broken; the model goes on
  // alone.
  if (!in.facts.telemetry_frozen) TakeReports(in.facts);
}

// Players take up a step of the ladder within two or three segments.
void Controller::SetLadders(absl::Duration elapsed) {
  double part = 0, rows = 0;
  const double blend = -std::expm1(-absl::FDivDuration(elapsed, kLadderTaken));
  for (size_t row = 0; row < bitrate_part_.size(); ++row) {
    part += bitrate_part_[row] * row_demand_[row];
    rows += row_demand_[row];
    if (!overload_.active(row) && bitrate_part_[row] > 0.999f) {
      bitrate_part_[row] = 1;
      continue;
    }
    const double redirect = demand_.redirect_arrivals[row];
    const double all = redirect + demand_.dns_arrivals[row];
    const double begun = all > 0 ? redirect / all : 0;
    // Told are those who begin by a redirect or ask for steering.
    const double told = begun + (1 - begun) * ledger_.ObeyFraction(row);
    bitrate_part_[row] +=
        static_cast<float>(blend * (overload_.BitratePart(row, told) - bitrate_part_[row]));
  }
  ledger_.SetBitrateParts(bitrate_part_);
  mean_part_ = rows > 0 ? part / rows : 1;
}

void Controller::WatchTargets(const Facts& facts) {
  std::vector<double> modelled(options_.behaviour ? frame_->policy->targets.size() : 0);
  for (size_t t = 0; t < modelled.size(); ++t) {
    // Load from before our first answer comes and goes as it likes: no ground to judge by.
    modelled[t] = ledger_.ModelledAt(TargetId(t), facts.now - facts.targets[t].age);
    if (ledger_.InheritedMbps(TargetId(t)) > modelled[t] / 2) modelled[t] = 0;
  }
  watch_.Update(facts, modelled);
}

void Controller::TakeReports(const Facts& facts) {
  reports_.clear();
  HearAll(facts);
  for (size_t t = 0; t < facts.targets.size(); ++t) {
    const TargetFacts& target = facts.targets[t];
    if (target.feed == FeedState::kNone) continue;
    const absl::Time measured_at = facts.now - target.age;
    if (measured_at <= reported_at_[t]) continue;
    double mbps = MeasuredMbps(target, mean_part_ * bitrate_[t], options_.nominal);
    if (mbps < 0) continue;
    reported_at_[t] = measured_at;
    const double ours = OursMbps(facts, t);
    if (Saturated(t, mbps)) {
      // It delivers what it can: its viewers ask for at least that, not for so little.
      mbps = std::max(mbps, ours + ledger_.CorrectionMbps(TargetId(t)));
    }
    reports_.push_back({TargetId(t), measured_at, std::max(mbps, LeastBelievedMbps(t, ours))});
  }
  if (reports_.empty()) return;
  ledger_.Correct(reports_);
  Calibrate(facts);
}

// Whoever plays there is cut off. A target that says it is down, and in the same breath that it
// carries half of what we placed there, serves them still: it only wants no more.
bool Controller::IsDead(const Facts& facts, size_t t) const {
  const TargetFacts& target = facts.targets[t];
  if (IsUp(target)) return false;
  if (target.probed == Health::kDown || target.feed != FeedState::kFresh) return true;
  const double mbps = MeasuredMbps(target, mean_part_ * bitrate_[t], options_.nominal);
  return mbps < kServesPart * OursMbps(facts, t);
}

// What we had placed there when its newest report was measured.
double Controller::OursMbps(const Facts& facts, size_t t) const {
  return ledger_.ModelledAt(TargetId(t), facts.now - facts.targets[t].age) -
         ledger_.InheritedMbps(TargetId(t));
}

// A feed that says much less than we placed, when others do not, lies or its target is broken;
// either way it must not get more for it.
double Controller::LeastBelievedMbps(size_t t, double ours_mbps) const {
  return kBelievedLow * CommonRatio(t) * ours_mbps;
}

void Controller::HearAll(const Facts& facts) {
  said_.Clear(facts.targets.size());
  for (size_t t = 0; t < facts.targets.size(); ++t) {
    const TargetFacts& target = facts.targets[t];
    const double mbps = MeasuredMbps(target, mean_part_ * bitrate_[t], options_.nominal);
    const double modelled = ledger_.ModelledAt(TargetId(t), facts.now - target.age);
    if (target.feed != FeedState::kFresh || mbps < 0 || modelled <= 0) continue;
    said_.Add(t, mbps / modelled, modelled);
  }
  said_.Sort();
}

// What the others report of what we placed there. 1 = nobody else says anything.
double Controller::CommonRatio(size_t target) const {
  return std::clamp(said_.Without(target, 1), kCommonMin, kCommonMax);
}

// A load near what the target can deliver says nothing of how many more ask.
bool Controller::Saturated(size_t t, double mbps) const {
  const Usable& usable = watch_.usable()[t];
  if (usable.reason == UsableReason::kSuspect) return true;
  if (usable.estimated) return mbps >= kSaturatedFrom * usable.delivered_mbps;
  return usable.capacity.has(Resource::kEgress) &&
         mbps >= kSaturatedFrom * usable.capacity[Resource::kEgress];
}

// What all fresh reports together say of the model's units.
void Controller::Calibrate(const Facts& facts) {
  const size_t services = frame_->policy->services.size();
  Totals totals;
  totals.dns_model_mbps.assign(services, 0);
  totals.redirect_model_mbps.assign(services, 0);
  totals.sessions_based = true;
  for (size_t t = 0; t < facts.targets.size(); ++t) {
    const TargetFacts& target = facts.targets[t];
    const double mbps = MeasuredMbps(target, mean_part_ * bitrate_[t], options_.nominal);
    if (target.feed != FeedState::kFresh || mbps < 0) continue;
    totals.measured_mbps += std::max(mbps, LeastBelievedMbps(t, OursMbps(facts, t)));
    totals.inherited_mbps += ledger_.InheritedMbps(TargetId(t));
    const bool sessions = target.load.has(Resource::kSessions);
    totals.sessions_based &= sessions;
    if (sessions && target.load.has(Resource::kEgress)) {
      totals.sessions += target.load[Resource::kSessions];
      totals.egress_mbps += target.load[Resource::kEgress];
    }
    for (size_t s = 0; s < services; ++s) {
      const Ledger::Sessions at = ledger_.At(ServiceId(s), TargetId(t));
      const double bitrate = s < calibration_.bitrate_mbps.size()
                                 ? calibration_.bitrate_mbps[s]
                                 : frame_->policy->services[s].bitrate_mbps;
      totals.dns_model_mbps[s] += at.dns * bitrate;
      totals.redirect_model_mbps[s] += at.redirect * bitrate;
    }
  }
  calibrator_.Update(facts.now, totals, &calibration_);
  forecaster_.UseCalibration(calibration_);
}

void Controller::ReadTargets(const Facts& facts, Plan* plan) {
  const Policy& policy = *frame_->policy;
  const size_t targets = policy.targets.size();
  open_.assign(targets, 0);
  capacity_.assign(targets, 0);
  for (size_t t = 0; t < targets; ++t) {
    plan->targets.push_back(ReadStatus(policy.targets[t], facts.targets[t]));
    TargetStatus& status = plan->targets.back();
    const Usable& usable = watch_.usable()[t];
    const double capacity = CapacityOf(usable, Resource::kEgress);
    status.capacity_mbps = std::isfinite(capacity) ? capacity : -1;
    status.trust = usable.trust;
    status.capacity_estimated = usable.estimated;
    // Full is full of what it delivers, not of what it says.
    const double mbps =
        status.facts.load.has(Resource::kEgress) ? status.facts.load[Resource::kEgress] : -1;
    if (usable.estimated && capacity > 0 && mbps / capacity > status.utilisation) {
      status.utilisation = mbps / capacity;
      status.binding = Resource::kEgress;
    }
    open_[t] = MayServe(status);
    capacity_[t] = std::isfinite(capacity) ? capacity : 0;
  }
}

// Without a ledger: what is reported stays, what arrives now is to be placed; what was answered and
// not yet reported is not known.
void Controller::CommitReported(const Facts& facts) {
  const CandidateTable& table = *frame_->candidates;
  for (size_t t = 0; t < facts.targets.size(); ++t)
    commitment_.pinned_mbps[t] =
        std::max(0.0, MeasuredMbps(facts.targets[t], mean_part_ * bitrate_[t], options_.nominal));
  const double horizon_s = absl::ToDoubleSeconds(horizon_);
  for (size_t row = 0; row < demand_.dns_arrivals.size(); ++row) {
    const double bitrate = frame_->policy->service(table.RowService(row)).bitrate_mbps;
    commitment_.steerable_mbps[row] = static_cast<float>(
        (demand_.dns_arrivals[row] + demand_.redirect_arrivals[row]) * horizon_s * bitrate);
  }
}

void Controller::Commit(const ControllerInputs& in) {
  if (in.truth != nullptr) {
    commitment_ = *in.truth;
  } else {
    ledger_.Commit(in.facts.now, horizon_, demand_, calibration_, &commitment_);
  }
  if (!options_.ledger) CommitReported(in.facts);
  row_demand_ = commitment_.steerable_mbps;
  for (size_t row = 0; row < row_demand_.size(); ++row) {
    // A row without demand has shares too: those that a little would have.
    row_demand_[row] = std::max(row_demand_[row], kRowDemandMin);
  }
}

}  // namespace spillway
