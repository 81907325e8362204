// steering/replay/what_if.h -- the recorded evening under another policy.
//
//   recorded answers by (service, group, front) ─► the new plan's shares ─► OpenLoop "new"
//   recorded answers by slot ─────────────────────────────────────────────► OpenLoop "as it was"
//   recorded report of a target + k x (new - as it was) ─► Facts ─► Controller of the new policy
//
// The report a target would have made is the one it made and the difference the policy makes, so
// that noise, background and what the model does not know stay as they were, and the recorded
// policy gives back the recorded evening. k is what reports measured per modelled Mbps, over the
// fleet, without the load that was there before the first answer (it ends with its sessions).
// Names join the two: a service or target the other policy lacks has no demand or report there, one
// that only it has begins without; drains, health and probes are the target's.
// limits: open_loop.h's; regroup.h's. thread safety: none.
#ifndef SPILLWAY_STEERING_REPLAY_WHAT_IF_H_
#define SPILLWAY_STEERING_REPLAY_WHAT_IF_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "steering/ledger/load_history.h"
#include "steering/planner/controller.h"
#include "steering/record/format.h"
#include "steering/replay/open_loop.h"
#include "steering/replay/replayer.h"

namespace spillway::replay {

// What one of the two evenings was to a target. Utilisations: measured, else of the model.
struct TargetEvening {
  double peak = -1;                           // -1 = never known
  double mean = 0;                            // over `known_s`
  double known_s = 0;                         // seconds of known utilisation
  double over_watermark_s = 0, over_1_s = 0;  // of these
};

struct ServiceEvening {
  double moved = 0;         // parts of its demand, summed over the plans
  double refused_mean = 0;  // part of its demand, over time
  double refused_max = 0;
  int ladder_max = 0;
};

struct WhatIfReport {
  template <typename Evening>
  struct Pair {
    std::string name;
    // Absent where the policy has no such target or service.
    std::optional<Evening> recorded, replayed;
  };
  std::vector<Pair<TargetEvening>> targets;    // by name
  std::vector<Pair<ServiceEvening>> services;  // by name
  double answers = 0;                          // recorded, of all fronts
  double homeless = 0;                         // of these: of services the other policy lacks
  uint64_t plans = 0, rejected = 0;            // of the other policy
  double seconds = 0;
  std::set<std::string> warnings;
};

class WhatIf {
 public:
  explicit WhatIf(std::shared_ptr<const Policy> policy);

  // A new stretch begins: nothing is known of what was before.
  void BeginStretch();
  // After replayer.Tick(tick).
  absl::Status Tick(const record::RecordedTick& tick, const Replayer& recorded);

  WhatIfReport Report() const;

 private:
  // Sums over the evening, by name.
  struct TargetSums {
    TargetEvening evening;
    double sum = 0;
  };
  struct ServiceSums {
    ServiceEvening evening;
    double refused_s = 0, seconds = 0;
  };
  // Of one of the two evenings.
  struct Sums {
    std::vector<double> watermark;  // by target of the policy of now
    std::map<std::string, TargetSums> targets;
    std::map<std::string, ServiceSums> services;
  };

  absl::Status BindTo(std::shared_ptr<const Frame> recorded);
  void ShareAnswers(const Activity& recorded, absl::Span<const float> arrivals);
  void Calibrate(const Facts& facts);
  void MakeFacts(const Facts& recorded);
  void Score(const Plan& plan, const std::vector<double>& mbps, double seconds, Sums* all) const;

  const std::shared_ptr<const Policy> policy_;
  std::unique_ptr<Controller> controller_;
  std::shared_ptr<const Frame> recorded_frame_, frame_;
  std::vector<uint32_t> row_of_;     // by recorded row; kNoSlot = nowhere
  std::vector<uint32_t> target_of_;  // by target of the new policy: recorded one; kNoSlot = none
  std::vector<double> bitrate_;      // by recorded target: a session's, Mbps
  double session_s_ = 1;             // the longest of the recorded services'
  OpenLoop was_, would_;
  Activity activity_;
  std::vector<float> arrivals_;
  std::shared_ptr<const Plan> plan_;  // the new policy's, in force
  LoadHistory difference_;            // by target of the new policy, Mbps
  Facts facts_;
  // Of the reports: Mbps per modelled Mbps, and of each resource per Mbps.
  double scale_ = 1;
  double per_mbps_[kResourceCount] = {};
  std::map<std::string, double> inherited_mbps_;  // by target, when it was first heard
  double since_s_ = 0;                            // of this stretch
  absl::Time now_ = absl::InfinitePast();

  Sums was_sums_, would_sums_;
  WhatIfReport totals_;
};

}  // namespace spillway::replay

#endif  // SPILLWAY_STEERING_REPLAY_WHAT_IF_H_
