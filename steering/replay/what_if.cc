// steering/replay/what_if.cc -- see what_if.h.
#include "steering/replay/what_if.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "steering/plan/match.h"
#include "steering/planner/target_status.h"
#include "steering/replay/rebuild.h"
#include "steering/replay/regroup.h"

namespace spillway::replay {
namespace {

// Plans come at least once a second; what is longer was a pause of the server, or of its clock.
constexpr double kGapMaxS = 5;

// Below it the model knows nothing yet and is taken at its word.
constexpr double kModelMbpsMin = 1;

// How fast the scale follows: reports are noisy, and the weight of a modelled session moves by
// minutes.
constexpr double kScaleFollowS = 60;

std::vector<double> BitrateByTarget(const Policy& policy) {
  std::vector<double> sum(policy.targets.size(), 0), count(policy.targets.size(), 0);
  for (const Service& service : policy.services) {
    for (const Candidate& candidate : service.candidates) {
      sum[candidate.target.index()] += service.bitrate_mbps;
      ++count[candidate.target.index()];
    }
  }
  for (size_t t = 0; t < sum.size(); ++t) sum[t] /= std::max(1.0, count[t]);
  return sum;
}

double SessionSeconds(const Policy& policy) {
  double longest = 0;
  for (const Service& service : policy.services)
    longest = std::max(longest, absl::ToDoubleSeconds(service.session));
  return std::max(1.0, longest);
}

}  // namespace

WhatIf::WhatIf(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {
  would_sums_.watermark = TargetWatermarks(*policy_);
}

void WhatIf::BeginStretch() {
  controller_ = std::make_unique<Controller>();
  recorded_frame_ = frame_ = nullptr;
  plan_ = nullptr;
  was_ = OpenLoop();
  would_ = OpenLoop();
  inherited_mbps_.clear();
  since_s_ = 0;
  scale_ = 1;
  now_ = absl::InfinitePast();
}

absl::Status WhatIf::BindTo(std::shared_ptr<const Frame> recorded) {
  if (recorded == recorded_frame_) return absl::OkStatus();
  Regrouped regrouped = Regroup(recorded->groups->groups(), *recorded->policy, *policy_);
  totals_.warnings.insert(regrouped.warnings.begin(), regrouped.warnings.end());
  // A reload that leaves the groups as they were is none to the other policy.
  std::shared_ptr<const Frame> frame = frame_;
  if (frame == nullptr || frame->groups->groups() != regrouped.groups) {
    ASSIGN_OR_RETURN(frame, FrameOf(policy_, regrouped.groups));
  }
  const CandidateTable& table = *recorded->candidates;
  row_of_.assign(table.row_count(), kNoSlot);
  for (size_t row = 0; row < row_of_.size(); ++row) {
    const auto service =
        policy_->FindService(recorded->policy->service(table.RowService(row)).name);
    if (!service) continue;
    const GroupId group(regrouped.of[table.RowGroup(row).index()]);
    row_of_[row] = static_cast<uint32_t>(frame->candidates->RowIndex(*service, group));
  }
  target_of_.assign(policy_->targets.size(), kNoSlot);
  for (size_t t = 0; t < target_of_.size(); ++t) {
    if (const auto old = recorded->policy->FindTarget(policy_->targets[t].name))
      target_of_[t] = old->value();
  }
  if (frame_ == nullptr) difference_.Reset(policy_->targets.size());
  bitrate_ = BitrateByTarget(*recorded->policy);
  session_s_ = SessionSeconds(*recorded->policy);
  was_sums_.watermark = TargetWatermarks(*recorded->policy);
  recorded_frame_ = std::move(recorded);
  frame_ = std::move(frame);
  was_.Bind(recorded_frame_);
  would_.Bind(frame_);
  return absl::OkStatus();
}

// The same clients, told what the new plan in force tells them.
void WhatIf::ShareAnswers(const Activity& recorded, absl::Span<const float> arrivals) {
  const CandidateTable& from = *recorded_frame_->candidates;
  const CandidateTable& to = *frame_->candidates;
  const std::vector<float>* const given[] = {&recorded.dns, &recorded.redirect, &recorded.steering};
  std::vector<float>* const shared[] = {&activity_.dns, &activity_.redirect, &activity_.steering};
  activity_.elapsed = recorded.elapsed;
  arrivals_.clear();
  if (!arrivals.empty()) {
    arrivals_.assign(to.row_count(), 0);
    for (size_t row = 0; row < arrivals.size(); ++row)
      if (row_of_[row] != kNoSlot) arrivals_[row_of_[row]] += arrivals[row];
  }
  activity_.put_off.assign(recorded.put_off.empty() ? 0 : to.row_count(), 0);
  for (size_t row = 0; row < recorded.put_off.size(); ++row)
    if (row_of_[row] != kNoSlot) activity_.put_off[row_of_[row]] += recorded.put_off[row];
  for (size_t f = 0; f < kFrontCount; ++f) {
    shared[f]->assign(recorded.dns.empty() ? 0 : to.slot_count(), 0);
    if (recorded.dns.empty()) continue;
    for (size_t row = 0; row < from.row_count(); ++row) {
      double count = 0;
      for (size_t i = 0; i < from.Row(row).size(); ++i)
        count += (*given[f])[from.RowBegin(row) + i];
      if (count == 0) continue;
      totals_.answers += count;
      if (row_of_[row] == kNoSlot) {
        totals_.homeless += count;
        continue;
      }
      const size_t begin = to.RowBegin(row_of_[row]);
      for (size_t i = 0; plan_ != nullptr && i < to.Row(row_of_[row]).size(); ++i) {
        (*shared[f])[begin + i] +=
            static_cast<float>(count * plan_->slots[begin + i].quota / kCellCount);
      }
    }
  }
}

// What reports measure of what is modelled, over the whole fleet as it was.
void WhatIf::Calibrate(const Facts& facts) {
  const Policy& policy = *recorded_frame_->policy;
  const double ended = std::exp(-since_s_ / session_s_);
  double measured = 0, modelled = 0, inherited = 0;
  double resources[kResourceCount] = {}, mbps_of[kResourceCount] = {};
  for (size_t t = 0; t < facts.targets.size(); ++t) {
    const double mbps = MeasuredMbps(facts.targets[t], bitrate_[t], true);
    if (facts.targets[t].feed != FeedState::kFresh || mbps < 0) continue;
    const auto before = inherited_mbps_.try_emplace(
        policy.targets[t].name, std::max(0.0, mbps - was_.mbps()[t]) / std::max(ended, 1e-9));
    inherited += before.first->second * ended;
    measured += mbps;
    modelled += was_.mbps()[t];
    for (const Resource r : kResources) {
      if (!facts.targets[t].load.has(r)) continue;
      resources[static_cast<size_t>(r)] += facts.targets[t].load[r];
      mbps_of[static_cast<size_t>(r)] += mbps;
    }
  }
  for (size_t r = 0; r < kResourceCount; ++r)
    per_mbps_[r] = mbps_of[r] > 0 ? resources[r] / mbps_of[r] : 0;
  if (modelled < kModelMbpsMin) return;
  const double now = std::max(0.0, measured - inherited) / modelled;
  const double seconds = absl::ToDoubleSeconds(activity_.elapsed);
  scale_ += (now - scale_) * -std::expm1(-seconds / kScaleFollowS);
}

void WhatIf::MakeFacts(const Facts& recorded) {
  facts_.now = recorded.now;
  facts_.telemetry_frozen = recorded.telemetry_frozen;
  facts_.targets.assign(policy_->targets.size(), {});
  for (size_t t = 0; t < facts_.targets.size(); ++t) {
    TargetFacts& facts = facts_.targets[t];
    facts.capacity = policy_->targets[t].capacity;
    if (target_of_[t] == kNoSlot) continue;
    facts = recorded.targets[target_of_[t]];
    // What a feed said of its capacity stays; what a policy said is the new one's to say.
    const ResourceVector& said = recorded_frame_->policy->targets[target_of_[t]].capacity;
    for (const Resource r : kResources) {
      if (facts.capacity.has(r) && !(said.has(r) && said[r] == facts.capacity[r])) continue;
      facts.capacity.Clear(r);
      const ResourceVector& ours = policy_->targets[t].capacity;
      if (ours.has(r)) facts.capacity.Set(r, ours[r]);
    }
    const double more = scale_ * difference_.At(t, facts_.now - facts.age);
    for (const Resource r : kResources) {
      if (!facts.load.has(r)) continue;
      facts.load.Set(r, std::max(0.0, facts.load[r] + per_mbps_[static_cast<size_t>(r)] * more));
    }
  }
}

absl::Status WhatIf::Tick(const record::RecordedTick& tick, const Replayer& recorded) {
  RETURN_IF_ERROR(BindTo(recorded.frame()));
  const double seconds = std::clamp(absl::ToDoubleSeconds(tick.facts.now - now_), 0.0, kGapMaxS);
  const double since = now_ == absl::InfinitePast() ? 0 : seconds;
  now_ = tick.facts.now;
  since_s_ += since;
  totals_.seconds += since;
  const absl::Span<const float> arrivals =
      tick.arrivals ? absl::MakeConstSpan(*tick.arrivals) : absl::Span<const float>();
  // A plan of the frame before a reload names slots of that one.
  if (plan_ != nullptr && plan_->frame != frame_) plan_ = nullptr;
  ShareAnswers(recorded.activity(), arrivals);
  was_.Step(recorded.activity(), arrivals, *recorded.plan());
  if (plan_ != nullptr) would_.Step(activity_, arrivals_, *plan_);
  std::vector<double> difference(policy_->targets.size());
  for (size_t t = 0; t < difference.size(); ++t) {
    const double before = target_of_[t] == kNoSlot ? 0 : was_.mbps()[target_of_[t]];
    difference[t] = would_.mbps()[t] - before;
  }
  difference_.Push(now_, difference);
  Calibrate(tick.facts);
  MakeFacts(tick.facts);
  ControllerInputs in{.facts = facts_,
                      .activity = activity_,
                      .heavy = tick.heavy,
                      .epoch = tick.epoch,
                      .in_force = plan_};
  in.resolver_arrivals = arrivals_;
  std::shared_ptr<const Plan> plan = controller_->Tick(frame_, in);
  ++totals_.plans;
  if (CheckPlan(*plan).ok()) {
    plan_ = std::move(plan);
  } else {
    ++totals_.rejected;
  }
  if (plan_ == nullptr) return absl::OkStatus();
  Score(*recorded.plan(), was_.mbps(), since, &was_sums_);
  Score(*plan_, would_.mbps(), since, &would_sums_);
  return absl::OkStatus();
}

void WhatIf::Score(const Plan& plan, const std::vector<double>& mbps, double seconds,
                   Sums* all) const {
  const Policy& policy = plan.policy();
  for (size_t t = 0; t < policy.targets.size(); ++t) {
    TargetSums& sums = all->targets[policy.targets[t].name];
    const TargetStatus& status = plan.targets[t];
    double used = status.utilisation;
    if (used < 0 && status.capacity_mbps > 0) used = scale_ * mbps[t] / status.capacity_mbps;
    if (used < 0) continue;
    TargetEvening& evening = sums.evening;
    evening.peak = std::max(evening.peak, used);
    sums.sum += used * seconds;
    evening.known_s += seconds;
    if (used > all->watermark[t]) evening.over_watermark_s += seconds;
    if (used > 1) evening.over_1_s += seconds;
  }
  for (size_t s = 0; s < policy.services.size(); ++s) {
    ServiceSums& sums = all->services[policy.services[s].name];
    const ServiceStatus& status = plan.services[s];
    sums.evening.moved += status.moved;
    sums.refused_s += status.refused * seconds;
    sums.seconds += seconds;
    sums.evening.refused_max = std::max(sums.evening.refused_max, status.refused);
    sums.evening.ladder_max = std::max<int>(sums.evening.ladder_max, status.ladder_step);
  }
}

WhatIfReport WhatIf::Report() const {
  WhatIfReport report = totals_;
  const auto add = [](const auto& was, const auto& would, const auto& finish, auto* out) {
    std::set<std::string> names;
    for (const auto& entry : was) names.insert(entry.first);
    for (const auto& entry : would) names.insert(entry.first);
    for (const std::string& name : names) {
      auto& pair = out->emplace_back();
      pair.name = name;
      if (auto it = was.find(name); it != was.end()) pair.recorded = finish(it->second);
      if (auto it = would.find(name); it != would.end()) pair.replayed = finish(it->second);
    }
  };
  const auto target = [](const TargetSums& sums) {
    TargetEvening evening = sums.evening;
    if (evening.known_s > 0) evening.mean = sums.sum / evening.known_s;
    return evening;
  };
  const auto service = [](const ServiceSums& sums) {
    ServiceEvening evening = sums.evening;
    if (sums.seconds > 0) evening.refused_mean = sums.refused_s / sums.seconds;
    return evening;
  };
  add(was_sums_.targets, would_sums_.targets, target, &report.targets);
  add(was_sums_.services, would_sums_.services, service, &report.services);
  return report;
}

}  // namespace spillway::replay
