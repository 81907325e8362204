// steering/model/facts.h -- what is known about every target at one moment: the planner's input.
//
//   samples, probes, overrides ──FeedTable::Snapshot──► Facts ──► planner
//
// units: ResourceVector's; absl::Duration ages at Facts::now. thread safety: a plain value.
#ifndef SPILLWAY_STEERING_MODEL_FACTS_H_
#define SPILLWAY_STEERING_MODEL_FACTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "steering/model/ids.h"
#include "steering/model/resources.h"

namespace spillway {

enum class Health : uint8_t { kUnknown, kUp, kDown };

// How far the newest sample may be trusted (DESIGN 6): kNone never reported; kFresh; kAgeing: takes
// no more load than it has; kFrozen: shares stay as they are.
enum class FeedState : uint8_t { kNone, kFresh, kAgeing, kFrozen };

// Who took a target out, why and until when. Infinite `until` = until undone.
struct Drain {
  std::string who;
  std::string why;
  absl::Time since;
  absl::Time until = absl::InfiniteFuture();
};

struct TargetFacts {
  ResourceVector load;                 // newest report
  ResourceVector capacity;             // reported hard limit, else the policy's
  Health reported = Health::kUnknown;  // by feeds
  Health probed = Health::kUnknown;    // by our own probes
  FeedState feed = FeedState::kNone;
  absl::Duration age;        // of the newest report, by its own timestamp; meaningless when kNone
  absl::Duration probe_age;  // since the last probe result; meaningless when probed is kUnknown
  uint64_t sequence = 0;
  std::string source;  // who reported
  std::optional<Drain> drain;
};

struct Facts {
  absl::Time now;
  std::vector<TargetFacts> targets;  // by TargetId
  // So many feeds went stale at once that our own telemetry must be broken: hold all shares (DESIGN
  // 6).
  bool telemetry_frozen = false;
};

constexpr absl::string_view HealthName(Health h) {
  return h == Health::kUp ? "up" : h == Health::kDown ? "down" : "unknown";
}
constexpr absl::string_view FeedStateName(FeedState s) {
  constexpr absl::string_view kNames[] = {"none", "fresh", "ageing", "frozen"};
  return kNames[static_cast<size_t>(s)];
}

}  // namespace spillway

#endif  // SPILLWAY_STEERING_MODEL_FACTS_H_
