// sim/swarm/invariants.h -- the judge of a drawn world's evening: what must hold each second, and
// what at its end.
#ifndef SPILLWAY_SIM_SWARM_INVARIANTS_H_
#define SPILLWAY_SIM_SWARM_INVARIANTS_H_

#include <deque>
#include <string>
#include <vector>

#include "sim/swarm/drawn_world.h"
#include "sim/world.h"
#include "steering/model/facts.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

class WorldJudge {
 public:
  // `drawn` outlives this.
  explicit WorldJudge(const DrawnWorld& drawn) : drawn_(drawn) {}

  // After each second. What is broken, or empty.
  std::string Second(const World& world, const Facts& facts, const Plan& plan);
  // After the last one.
  std::string End(const World& world, const Plan& plan) const;

  // Seconds after kTroubleEnds_s at which liveness is judged.
  static int SettlingSeconds(const WorldConfig& config, const Policy& policy);

 private:
  std::string Safety(const World& world, const Plan& plan);
  std::string Savings(const Plan& plan);
  void NoteProofs(const Plan& plan);
  // Part of the demand that finds no place below the watermarks, if it were all placed anew.
  double RefusedPart(const World& world) const;

  // What of one service moved in the last minute.
  struct Shift {
    std::deque<double> moved;
    double sum = 0;
    int excused = 0;  // seconds: protection went beyond the guard, as it may
  };

  const DrawnWorld& drawn_;
  std::vector<Shift> shifts_;
  std::vector<int> over_hard_s_;  // by target: seconds in a row
  double repointed_before_ = 0, crowding_late_ = 0, viewers_late_ = 0;
  std::vector<double> capacity_;  // by target, of the last plan
  bool frozen_late_ = false, proved_late_ = false;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SWARM_INVARIANTS_H_
