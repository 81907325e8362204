// steering/control/loss_alarm.cc -- see loss_alarm.h.
#include "steering/control/loss_alarm.h"

#include <utility>

#include "base/log.h"
#include "steering/plan/plan.h"

namespace spillway {
namespace {

// The loss that refuses most of those that matter; null when none does.
const Loss* Hardest(const LossReport& report) {
  const Loss* hardest = nullptr;
  for (const Loss& loss : report.losses) {
    if (loss.refused_mbps <= LossAlarm::kAlarmPart * loss.lost_mbps) continue;
    if (loss.refused_mbps < LossAlarm::kAlarmMbpsMin) continue;
    if (hardest == nullptr || loss.refused_mbps > hardest->refused_mbps) hardest = &loss;
  }
  return hardest;
}

void WriteLoss(const LossReport& report, const Loss& loss, JsonWriter* out) {
  out->BeginObject().Key("target").String(report.frame->policy->targets[loss.target].name);
  out->Key("lost_mbps").Double(loss.lost_mbps).Key("refused_mbps").Double(loss.refused_mbps);
  out->Key("converged").Bool(loss.converged).EndObject();
}

}  // namespace

void LossAlarm::Take(std::shared_ptr<const LossReport> report, absl::Time now) {
  MutexLock lock(mu_);
  if (report == nullptr || report == report_) return;
  report_ = std::move(report);
  const Loss* hardest = Hardest(*report_);
  on_ = hardest != nullptr;
  switch (lines_.Update(on_, now)) {
    case AlertLines::Say::kBegins:
      LogWarning("N-1: if %s died now, %s%.0f of the %.0f Mbps it carries would find no room",
                 report_->frame->policy->targets[hardest->target].name,
                 hardest->converged ? "" : "up to ", hardest->refused_mbps, hardest->lost_mbps);
      break;
    case AlertLines::Say::kEnds:
      LogInfo("N-1: whichever of the fullest targets died now, its clients would find room");
      break;
    case AlertLines::Say::kNothing:
      break;
  }
}

bool LossAlarm::on() const {
  MutexLock lock(mu_);
  return on_;
}

void LossAlarm::WriteJson(absl::Time now, JsonWriter* out) const {
  MutexLock lock(mu_);
  out->BeginObject().Key("alarm").Bool(on_).Key("age_s");
  if (report_ == nullptr) {
    out->Null();
  } else {
    out->Double(absl::ToDoubleSeconds(now - report_->asked_at));
  }
  out->Key("hardest");
  if (on_) {
    WriteLoss(*report_, *Hardest(*report_), out);
  } else {
    out->Null();
  }
  out->Key("losses").BeginArray();
  if (report_ != nullptr) {
    for (const Loss& loss : report_->losses) WriteLoss(*report_, loss, out);
  }
  out->EndArray().EndObject();
}

void LossAlarm::WriteMetrics(absl::Time now, MetricsWriter* out) const {
  MutexLock lock(mu_);
  if (report_ == nullptr) return;
  out->Family("spillway_n_minus_one_refused_mbps", "gauge",
              "Demand that would find no room if the target died now; of the fullest targets.");
  for (const Loss& loss : report_->losses) {
    out->Sample({{"target", report_->frame->policy->targets[loss.target].name}}, loss.refused_mbps);
  }
  out->Family("spillway_n_minus_one_alarm", "gauge",
              "1 while some target's loss would not fit elsewhere.");
  out->Sample(on_ ? 1 : 0);
  out->Family("spillway_n_minus_one_age_seconds", "gauge",
              "Time since the plan that was asked about; alert above 300.");
  out->Sample(absl::ToDoubleSeconds(now - report_->asked_at));
}

}  // namespace spillway
