// tests/support/evening.h -- a small evening for tests of recordings: everything a planner can be
// told.
//
// Three targets, two services, three groups by prefix; samples, probes, drains, a frozen telemetry,
// reloads with another policy and back, plans that are rejected, renumbered, or the watchdog's.
// The seed decides every bit.
#ifndef SPILLWAY_TESTS_SUPPORT_EVENING_H_
#define SPILLWAY_TESTS_SUPPORT_EVENING_H_

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "policies/loader.h"
#include "steering/planner/controller.h"
#include "steering/planner/fail_static.h"

namespace spillway {

// `edit` follows the policy, so that two texts differ.
inline std::string EveningPolicy(const std::string& edit = "",
                                 const std::string& watermark = "85%") {
  return R"(
targets:
  fra1: {at: [50.1, 8.7], addresses: [192.0.2.1], capacity: {egress: 1 Gbps, sessions: 200}, tags: [edge]}
  ams1: {at: [52.4, 4.9], addresses: [192.0.2.2], capacity: {egress: 1 Gbps}, tags: [edge]}
  nyc1: {at: [40.7, -74.0], addresses: [192.0.2.3], capacity: {egress: 2 Gbps}, tags: [edge]}
groups:
  germany: {prefix: [10.1.0.0/16], at: [50.1, 8.7]}
  new-york: {prefix: [10.2.0.0/16], at: [40.7, -74.0]}
services:
  live: {names: [live.example.com], candidates: {tags: [edge]}, bitrate: 5 Mbps, session: 10m, watermark: {target: )" +
         watermark + R"(}}
  vod: {names: [vod.example.com], hosts: [vod.example.com], candidates: {tags: [edge]}, class: vod, bitrate: 3 Mbps,
        waiting_room: on}
)" + edit;
}

inline std::shared_ptr<const Frame> EveningFrame(const std::string& text) {
  PolicyResult loaded = LoadPolicyText({{"policy.yaml", text}});
  CHECK(loaded.ok());
  auto groups = GroupMap::Build(GeoSources{}, loaded.policy->groups);
  CHECK(groups.ok());
  auto frame = MakeFrame(loaded.policy, *groups, {1, 1, 1});
  CHECK(frame.ok());
  return *frame;
}

class Evening {
 public:
  // Called after each plan, as PlanLoop calls its recorder.
  using Tell = std::function<void(const std::shared_ptr<const Frame>&, const ControllerInputs&,
                                  const std::shared_ptr<const Plan>&, bool rejected)>;

  explicit Evening(uint64_t seed) : random_(seed) { next_ = frame_; }

  void Play(int ticks, const Tell& tell) {
    for (int i = 0; i < ticks; ++i) Tick(tell);
  }
  // From the next tick on.
  void Reload(const std::string& policy) { next_ = EveningFrame(policy); }
  const std::shared_ptr<const Frame>& frame() const { return frame_; }
  absl::Time now() const { return now_; }

 private:
  uint64_t Draw(uint64_t end) { return (random_ = Mix64(random_)) % end; }

  void Tick(const Tell& tell) {
    frame_ = next_;
    // Any number of quarters of a nanosecond.
    now_ += absl::Milliseconds(10 + Draw(1200)) + absl::Nanoseconds(Draw(1000)) +
            absl::Nanoseconds(Draw(4)) / 4;
    const size_t targets = frame_->policy->targets.size();
    facts_.resize(targets);
    Facts facts{.now = now_, .telemetry_frozen = Draw(40) == 0};
    for (size_t t = 0; t < targets; ++t) {
      Report(&facts_[t]);
      facts.targets.push_back(facts_[t].facts);
      facts.targets[t].age =
          facts_[t].facts.feed == FeedState::kNone ? absl::ZeroDuration() : now_ - facts_[t].at;
      facts.targets[t].probe_age = facts_[t].facts.probed == Health::kUnknown
                                       ? absl::InfiniteDuration()
                                       : now_ - facts_[t].probed_at;
    }
    Activity activity;
    if (Draw(3) != 0) Answer(&activity);
    if (Draw(4) == 0) {
      arrivals_.resize(frame_->candidates->row_count());
      arrivals_[Draw(arrivals_.size())] = static_cast<float>(Draw(1000)) / 7;
    }
    if (Draw(20) == 0)
      heavy_ = Draw(3) == 0
                   ? nullptr
                   : std::make_shared<const HeavySet>(std::vector<uint64_t>{Draw(9) | 1, 77});
    ControllerInputs in{.facts = facts,
                        .activity = activity,
                        .heavy = heavy_,
                        .epoch = static_cast<uint32_t>(absl::ToUnixSeconds(now_) / 5),
                        .in_force = in_force_};
    if (!activity.dns.empty() && arrivals_.size() == frame_->candidates->row_count())
      in.resolver_arrivals = arrivals_;
    const std::shared_ptr<const Plan> plan = controller_.Tick(frame_, in);
    const bool rejected = Draw(15) == 0;
    if (!rejected) Publish(plan);
    if (Draw(25) == 0 && in_force_ != nullptr)
      in_force_ = BuildFailStaticPlan(in_force_->frame, FactsOf(*in_force_), in_force_.get());
    tell(frame_, in, plan, rejected);
  }

  void Publish(const std::shared_ptr<const Plan>& plan) {
    if (Draw(10) != 0) {
      in_force_ = plan;
      return;
    }
    auto copy = std::make_shared<Plan>(*plan);
    copy->generation += 1 + Draw(3);
    in_force_ = copy;
  }

  Facts FactsOf(const Plan& plan) const {
    Facts facts{.now = now_};
    for (const TargetStatus& target : plan.targets) facts.targets.push_back(target.facts);
    return facts;
  }

  struct Fed {
    TargetFacts facts;
    absl::Time at, probed_at;
  };
  void Report(Fed* fed) {
    TargetFacts& facts = fed->facts;
    facts.capacity.Set(Resource::kEgress, 1000);
    if (Draw(3) == 0) {
      facts.load.Set(Resource::kEgress, static_cast<double>(Draw(100'000)) / 97);
      facts.load.Set(Resource::kSessions, static_cast<double>(Draw(200)));
      facts.feed = Draw(9) == 0 ? FeedState::kAgeing : FeedState::kFresh;
      facts.sequence += 1 + Draw(3);
      facts.source = Draw(2) == 0 ? "agent" : "file";
      fed->at = now_ - absl::Milliseconds(Draw(3000));
    }
    if (Draw(5) == 0) {
      facts.probed = Draw(8) == 0 ? Health::kDown : Health::kUp;
      fed->probed_at = now_ - absl::Nanoseconds(Draw(5'000'000));
    }
    if (Draw(30) == 0) facts.drain = Drain{"ana", "kernel", now_, now_ + absl::Seconds(30)};
    if (Draw(10) == 0) facts.drain.reset();
  }

  void Answer(Activity* activity) {
    activity->elapsed = counted_ == absl::InfinitePast() ? absl::ZeroDuration() : now_ - counted_;
    counted_ = now_;
    for (std::vector<float>* front : {&activity->dns, &activity->redirect, &activity->steering}) {
      front->assign(frame_->candidates->slot_count(), 0);
      for (uint64_t n = Draw(6); n > 0; --n)
        (*front)[Draw(front->size())] = static_cast<float>(Draw(50));
    }
    activity->put_off.assign(frame_->candidates->row_count(), 0);
    if (Draw(3) == 0)
      activity->put_off[Draw(activity->put_off.size())] = static_cast<float>(Draw(50));
  }

  uint64_t random_;
  Controller controller_;
  std::shared_ptr<const Frame> frame_ = EveningFrame(EveningPolicy()), next_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  absl::Time counted_ = absl::InfinitePast();
  std::vector<Fed> facts_;
  std::vector<float> arrivals_;
  std::shared_ptr<const HeavySet> heavy_;
  std::shared_ptr<const Plan> in_force_;
};

}  // namespace spillway

#endif  // SPILLWAY_TESTS_SUPPORT_EVENING_H_
