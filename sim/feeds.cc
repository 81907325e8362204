#include "sim/feeds.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

namespace spillway::sim {

Feeds::Feeds(std::shared_ptr<const Policy> policy, const WorldConfig& config)
    : policy_(std::move(policy)),
      habits_(config.feeds),
      table_(policy_),
      random_(Random(config.seed).Fork(21)),
      faults_(policy_->targets.size()),
      told_capacity_(policy_->targets.size(), 0) {
  for (size_t t = 0; t < policy_->targets.size(); ++t)
    phase_s_.push_back(static_cast<int>(random_.Below(static_cast<size_t>(habits_.period_s))));
}

void Feeds::Probe(const World& world) {
  for (size_t t = 0; t < faults_.size(); ++t) {
    const std::vector<ProbeSpec>& probes = policy_->targets[t].probes;
    for (size_t p = 0; p < probes.size(); ++p) {
      const auto every = std::max<int64_t>(1, absl::ToInt64Seconds(probes[p].interval));
      if ((world.now_s() + static_cast<int64_t>(t)) % every != 0) continue;
      table_.ProbeResult(policy_->targets[t].name, p, "rehearsal", !faults_[t].probes_fail,
                         world.now());
    }
  }
}

void Feeds::Measure(const World& world) {
  Probe(world);
  Parcel parcel{.arrives = world.now() + absl::Seconds(habits_.delay_s)};
  ++sequence_;
  for (size_t t = 0; t < faults_.size(); ++t) {
    if (world.now_s() % habits_.period_s != phase_s_[t]) continue;
    const ReportFault& fault = faults_[t];
    const double noise = 1 + habits_.noise * random_.Normal();  // drawn even if nobody hears it
    const bool lost = habits_.loss > 0 && random_.Uniform() < habits_.loss;
    if (fault.silent || lost) continue;
    Sample sample;
    sample.row = static_cast<uint32_t>(parcel.batch.samples.size());
    sample.target = policy_->targets[t].name;
    const double bend = std::max(0.0, noise) * fault.factor;
    sample.current.Set(Resource::kEgress, fault.stuck_at_mbps >= 0 ? fault.stuck_at_mbps
                                                                   : world.DeliveredMbps(t) * bend);
    if (habits_.sessions) sample.current.Set(Resource::kSessions, world.sessions()[t] * bend);
    if (fault.capacity_mbps >= 0) told_capacity_[t] = 1;
    if (told_capacity_[t]) {
      const double whole = policy_->targets[t].capacity[Resource::kEgress];
      sample.hard.Set(Resource::kEgress, fault.capacity_mbps >= 0 ? fault.capacity_mbps : whole);
    }
    sample.health = fault.says_down ? Health::kDown : Health::kUp;
    sample.measured_at = world.now();
    sample.sequence = sequence_;
    sample.ttl = absl::Seconds(habits_.ttl_s);
    parcel.batch.samples.push_back(std::move(sample));
  }
  if (!parcel.batch.samples.empty()) on_the_way_.push_back(std::move(parcel));
}

Facts Feeds::Snapshot(absl::Time now) {
  while (!on_the_way_.empty() && on_the_way_.front().arrives <= now) {
    table_.Accept("rehearsal", on_the_way_.front().batch, now);
    on_the_way_.pop_front();
  }
  return table_.Snapshot(*policy_, now);
}

}  // namespace spillway::sim
