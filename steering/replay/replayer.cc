// steering/replay/replayer.cc -- see replayer.h.
#include "steering/replay/replayer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status.h"
#include "steering/plan/plan_hash.h"
#include "steering/replay/rebuild.h"

namespace spillway::replay {

bool Replayer::Begin(const record::Begin& begin) {
  const bool goes_on = !stretches_.empty() && begin.run == run_ && begin.file == file_ + 1 &&
                       begin.why == record::Beginning::kFull && begin.first_tick == next_tick_;
  if (begin.run != run_ || stretches_.empty()) frames_.clear();
  run_ = begin.run;
  file_ = begin.file;
  next_tick_ = begin.first_tick;
  if (goes_on) return false;
  controller_ = std::make_unique<Controller>();
  frame_ = nullptr;
  last_ = in_force_ = nullptr;
  seen_.clear();
  stretches_.push_back({.from_start = begin.why == record::Beginning::kStart,
                        .program = begin.program,
                        .first_tick = begin.first_tick,
                        .begins = begin.at,
                        .ends = begin.at});
  return true;
}

// A frame that is written again in a later file is the one it was: the controller goes by identity.
absl::Status Replayer::Frame(const record::RecordedFrame& recorded) {
  CHECK(!stretches_.empty());
  if (frames_.contains(recorded.number)) return absl::OkStatus();
  ASSIGN_OR_RETURN(frames_[recorded.number], RebuildFrame(recorded));
  return absl::OkStatus();
}

absl::Status Replayer::FindInForce(const record::RecordedTick& tick,
                                   std::shared_ptr<const Plan>* plan) {
  using record::InForce;
  // Nothing before this tick is known: the plan as written is all there is.
  const bool fresh = last_ == nullptr && tick.in_force != InForce::kNone;
  if (fresh || tick.in_force == InForce::kOther) {
    if (!tick.in_force_plan) return absl::DataLossError("the recording lacks the plan in force");
    const auto frame = frames_.find(tick.in_force_plan->frame);
    if (frame == frames_.end()) return absl::DataLossError("the recording lacks a policy");
    ASSIGN_OR_RETURN(*plan, RebuildPlan(*tick.in_force_plan, frame->second));
    return absl::OkStatus();
  }
  switch (tick.in_force) {
    case InForce::kNone:
      *plan = nullptr;
      break;
    case InForce::kSame:
      *plan = in_force_;
      break;
    case InForce::kLast:
      *plan = last_;
      break;
    case InForce::kRenumbered: {
      auto copy = std::make_shared<Plan>(*last_);
      copy->generation = tick.in_force_generation;
      *plan = std::move(copy);
      break;
    }
    case InForce::kOther:
      break;
  }
  return absl::OkStatus();
}

absl::Status Replayer::Tick(const record::RecordedTick& tick) {
  const auto frame = frames_.find(tick.frame);
  if (frame == frames_.end()) return absl::DataLossError("the recording lacks a policy");
  RETURN_IF_ERROR(CheckTick(tick, *frame->second));
  std::shared_ptr<const Plan> in_force;
  RETURN_IF_ERROR(FindInForce(tick, &in_force));
  RebuildActivity(tick, &activity_);
  ControllerInputs in{.facts = tick.facts,
                      .activity = activity_,
                      .heavy = tick.heavy,
                      .epoch = tick.epoch,
                      .in_force = in_force};
  if (tick.arrivals) in.resolver_arrivals = *tick.arrivals;
  frame_ = frame->second;
  in_force_ = std::move(in_force);
  last_ = controller_->Tick(frame_, in);
  next_tick_ = tick.number + 1;

  Stretch& stretch = stretches_.back();
  if (stretch.plans++ == 0) stretch.begins = tick.facts.now;
  stretch.ends = tick.facts.now;
  stretch.frames += seen_.insert(tick.frame).second;
  stretch.rejected += tick.rejected;
  const bool by_watchdog =
      tick.in_force == record::InForce::kOther && tick.in_force_plan->fail_static;
  stretch.fail_static += by_watchdog;
  if (last_->generation == tick.generation && PlanHash(*last_) == tick.hash) {
    ++stretch.identical;
  } else {
    if (!stretch.differs_first) stretch.differs_first = tick.number;
    stretch.differs_last = tick.number;
  }
  return absl::OkStatus();
}

}  // namespace spillway::replay
