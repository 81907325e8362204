#include "sim/timeline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace spillway::sim {
namespace {

// A report is read, not grepped: beyond this many lines the rest says nothing new.
constexpr size_t kEventsMax = 2'000;
// Below this the waiting room is rounding.
constexpr double kWaitingMin = 100;

// "cdn-a-fra and 3 more"
std::string Names(const std::vector<size_t>& targets, const Policy& policy) {
  if (targets.empty()) return "nobody";
  if (targets.size() == policy.targets.size()) return "every target";
  std::string names = policy.targets[targets[0]].name;
  if (targets.size() == 2) absl::StrAppend(&names, " and ", policy.targets[targets[1]].name);
  if (targets.size() > 2) absl::StrAppend(&names, " and ", targets.size() - 1, " more");
  return names;
}

std::string Describe(const Fault& fault, const Terrain& terrain) {
  const Policy& policy = *terrain.frame->policy;
  const auto whom = [&] { return Names(Resolve(fault.where, terrain), policy); };
  const std::string percent = absl::StrFormat("%.0f %%", fault.amount * 100);
  switch (fault.kind) {
    case Fault::Kind::kLoss:
      return absl::StrCat(whom(), " loses ", percent, " of what it has",
                          fault.told ? " and says so" : " and says nothing");
    case Fault::Kind::kDead:
      return absl::StrCat(whom(), " dies");
    case Fault::Kind::kLinkLoss:
      return absl::StrCat("link ",
                          absl::StrJoin(fault.where.listed, ", ",
                                        [&policy](std::string* out, size_t link) {
                                          absl::StrAppend(out, policy.limits[link].name);
                                        }),
                          " loses ", percent);
    case Fault::Kind::kFreeze:
      return absl::StrCat("reports of ", whom(), " stop");
    case Fault::Kind::kLow:
      return absl::StrCat(whom(), " reports ", percent, " less than it carries");
    case Fault::Kind::kStuck:
      return absl::StrCat(whom(), " reports ", percent, " whatever it carries");
    case Fault::Kind::kFlap:
      return absl::StrCat(whom(), " reports itself down and up again");
    case Fault::Kind::kProbeFail:
      return absl::StrCat("probes of ", whom(), " fail though it serves");
    case Fault::Kind::kDrain:
      return absl::StrCat("an operator drains ", whom());
    case Fault::Kind::kSurge:
      return absl::StrFormat("%.2g times the expected arrivals", fault.amount);
    case Fault::Kind::kOutage:
      return "no front end answers";
    case Fault::Kind::kBusCut:
      return "the bus between the nodes is cut";
    case Fault::Kind::kRestart:
      return absl::StrFormat("nodes restart, one every %.0f s", fault.period_s);
  }
  return "?";
}

}  // namespace

Timeline::Timeline(const Terrain& terrain, const std::vector<Fault>& faults, int every_s)
    : terrain_(terrain),
      faults_(faults),
      every_s_(std::max(1, every_s)),
      targets_(terrain.capacity_mbps.size()),
      services_(terrain.frame->policy->services.size()),
      regions_(terrain.regions.size()),
      seen_targets_(targets_.size()),
      seen_services_(services_.size()),
      fault_on_(faults.size(), 0),
      utilisation_max_(targets_.size(), 0) {}

absl::string_view Timeline::KindName(Event::Kind kind) {
  constexpr absl::string_view kNames[] = {"fault", "steering", "overload"};
  return kNames[static_cast<size_t>(kind)];
}

void Timeline::Note(int t_s, Event::Kind kind, std::string text) {
  if (events_.size() < kEventsMax) events_.push_back({t_s, kind, std::move(text)});
}

void Timeline::NoteFaults(int t_s) {
  for (size_t i = 0; i < faults_.size(); ++i) {
    const bool on = faults_[i].On(t_s);
    if (on == static_cast<bool>(fault_on_[i])) continue;
    fault_on_[i] = on;
    const std::string what = Describe(faults_[i], terrain_);
    Note(t_s, Event::Kind::kFault, on ? what : absl::StrCat("over: ", what));
  }
}

void Timeline::NoteTargets(const World& world, const Plan& plan) {
  for (size_t t = 0; t < targets_.size(); ++t) {
    const std::string& name = terrain_.frame->policy->targets[t].name;
    Seen& seen = seen_targets_[t];
    const bool over = world.Crowding(t) > 1;
    if (over && !seen.over && world.sessions()[t] >= 1)
      Note(world.now_s(), Event::Kind::kOverload,
           absl::StrCat(name, " is asked for more than it has"));
    // One event for each time it is over, however it hovers.
    seen.over = over || (seen.over && world.Crowding(t) > 0.97);
    if (plan.targets.empty()) continue;
    const TargetStatus& status = plan.targets[t];
    if (status.up != seen.up)
      Note(world.now_s(), Event::Kind::kSteering,
           absl::StrCat(name, status.up ? " is up" : " is down"));
    if (status.capacity_estimated != seen.estimated)
      Note(world.now_s(), Event::Kind::kSteering,
           absl::StrCat(name, status.capacity_estimated ? " delivers less than it says"
                                                        : " is believed again"));
    seen.up = status.up;
    seen.estimated = status.capacity_estimated;
  }
}

void Timeline::NoteServices(const World& world, const Plan& plan) {
  for (size_t s = 0; s < services_.size(); ++s) {
    const std::string& name = terrain_.frame->policy->services[s].name;
    Seen& seen = seen_services_[s];
    const bool waits = world.services()[s].waiting > kWaitingMin;
    if (waits != seen.waits)
      Note(world.now_s(), Event::Kind::kSteering,
           absl::StrCat(name, waits ? ": new viewers wait" : ": nobody waits any more"));
    seen.waits = waits;
    if (plan.services.empty()) continue;
    const int ladder = plan.services[s].ladder_step;
    if (ladder != seen.ladder)
      Note(world.now_s(), Event::Kind::kSteering,
           ladder == 0 ? absl::StrCat(name, ": whole bitrate again")
                       : absl::StrCat(name, ": players are told to stay under step ", ladder));
    seen.ladder = ladder;
  }
}

// Short peaks between two samples are what a report is read for.
void Timeline::KeepHighest(const World& world) {
  double overloaded = 0;
  for (size_t t = 0; t < targets_.size(); ++t) {
    utilisation_max_[t] = std::max(utilisation_max_[t], static_cast<float>(world.Crowding(t)));
    if (world.Overloaded(t)) overloaded += world.sessions()[t];
  }
  overloaded_max_ = std::max(overloaded_max_, overloaded);
  stalled_max_ = std::max(stalled_max_, world.totals().stalled);
}

void Timeline::AddSample(const World& world, const Plan& plan) {
  t_s_.push_back(world.now_s());
  for (size_t t = 0; t < targets_.size(); ++t) {
    targets_[t].utilisation.push_back(std::exchange(utilisation_max_[t], 0.0f));
    if (plan.targets.empty()) continue;
    const TargetStatus& status = plan.targets[t];
    const double capacity = std::max(1.0, status.capacity_mbps);
    targets_[t].planned.push_back(static_cast<float>(status.planned_mbps / capacity));
    targets_[t].price_ms.push_back(static_cast<float>(status.price_ms));
  }
  for (size_t s = 0; s < services_.size(); ++s) {
    const World::ServiceTotals& totals = world.services()[s];
    services_[s].playing.push_back(static_cast<float>(totals.playing));
    services_[s].waiting.push_back(static_cast<float>(totals.waiting));
    services_[s].bitrate.push_back(static_cast<float>(totals.bitrate));
    services_[s].refused.push_back(
        plan.services.empty() ? 0 : static_cast<float>(plan.services[s].refused));
  }
  for (size_t r = 0; r < regions_.size(); ++r) {
    regions_[r].playing.push_back(static_cast<float>(world.region_sessions()[r]));
    regions_[r].stalled.push_back(static_cast<float>(world.region_stalled()[r]));
  }
  overloaded_.push_back(static_cast<float>(std::exchange(overloaded_max_, 0.0)));
  stalled_.push_back(static_cast<float>(std::exchange(stalled_max_, 0.0)));
  moved_per_s_.push_back(static_cast<float>((world.totals().moved - moved_before_) / every_s_));
  moved_before_ = world.totals().moved;
  rtt_ms_.push_back(static_cast<float>(world.totals().rtt_ms));
}

void Timeline::Add(const World& world, const Facts& facts, const Plan& plan) {
  NoteFaults(world.now_s() - 1);  // of the second that was just played
  NoteTargets(world, plan);
  NoteServices(world, plan);
  if (facts.telemetry_frozen != frozen_) {
    frozen_ = facts.telemetry_frozen;
    Note(world.now_s(), Event::Kind::kSteering,
         frozen_ ? "telemetry frozen: the model steers alone" : "telemetry is back");
  }
  KeepHighest(world);
  if (world.now_s() % every_s_ == 0) AddSample(world, plan);
}

}  // namespace spillway::sim
