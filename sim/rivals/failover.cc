// sim/rivals/failover.cc -- the nearest target that is up; what it carries does not matter.
//
// rule: (1) a target changes between up and down after `threshold` health checks in a row that say
//   otherwise; (2) a group gets the nearest target that is up; (3) when all are down, all are
//   treated as up. Route 53 does all three; gdnsd's geoip walks its datacenters in the same order
//   and, when none is up, answers the first.
// parameters: Route 53 checks every 30 s, or every 10 s for money, and needs 3 checks in a row by
//   default (1 to 10): 10 s and 3 here, the fastest that is not hurt by a flapping target. gdnsd
//   needs 10 failures to go down and 20 successes in a row to come up. gdnsd's up_thresh (a set of
//   addresses is up while half of them are) is within one target here, so it is the target's own.
// sources:
//   https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
//   and, of its DeveloperGuide, dns-failover-determining-health-of-endpoints.html and
//   health-checks-how-route-53-chooses-records.html;
//   gdnsd.config(5), gdnsd-plugin-geoip(8), gdnsd-plugin-multifo(8)
// chosen: playing sessions stay, as with DNS answers they do; asked to follow they do no better in
//   the sweep.
// not shown: many checkers that disagree (Route 53 calls a target healthy when more than 18 % do).
#include <memory>
#include <vector>

#include "sim/plan_by_weights.h"
#include "sim/rivals/reported.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

class Failover : public Steering {
 public:
  explicit Failover(FailoverOptions options) : options_(options) {}
  absl::string_view name() const override { return "failover"; }
  Playing playing() const override { return options_.playing; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    checks_.resize(seen.facts.targets.size());
    if (seen.facts.now >= next_check_) {
      for (size_t t = 0; t < checks_.size(); ++t)
        Check(SaysDown(seen.facts.targets[t]), &checks_[t]);
      next_check_ = seen.facts.now + absl::Seconds(options_.interval_s);
    }
    return PlanByWeights(seen.frame, seen.facts, ++generation_,
                         [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                           for (size_t i = 0; i < slots.size(); ++i) {
                             const size_t t = slots[i].target.index();
                             if (checks_[t].down || seen.facts.targets[t].drain) continue;
                             weights[i] = 1;
                             return;
                           }
                         });
  }

 private:
  struct Checks {
    bool down = false;
    int otherwise = 0;  // checks in a row that disagree with `down`
  };
  void Check(bool says_down, Checks* checks) const {
    checks->otherwise = says_down == checks->down ? 0 : checks->otherwise + 1;
    if (checks->otherwise < options_.threshold) return;
    checks->down = says_down;
    checks->otherwise = 0;
  }

  const FailoverOptions options_;
  std::vector<Checks> checks_;  // by target
  absl::Time next_check_ = absl::InfinitePast();
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeFailover(FailoverOptions options) {
  return std::make_unique<Failover>(options);
}

}  // namespace spillway::sim
