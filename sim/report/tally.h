// sim/report/tally.h -- second by second, who was fuller than promised, and whether anybody could
// have helped it.
//
// A fault that takes capacity away leaves those who already play where they are: for kGraceS after
// one begins, being above 100 % is the fault's doing and is counted apart ("excused").
// Seconds before the scenario's `scored_from` do not count, as in Score.
// units: seconds since the start, utilisation 1 = capacity. thread safety: none.
#ifndef SPILLWAY_SIM_REPORT_TALLY_H_
#define SPILLWAY_SIM_REPORT_TALLY_H_

#include <vector>

#include "sim/faults.h"
#include "sim/score.h"
#include "sim/terrain.h"
#include "sim/world.h"

namespace spillway::sim {

class Tally {
 public:
  struct Target {
    double watermark = 1, hard = 1;  // the least of the services it may serve
    double peak = 0;                 // its own or of a link it stands on
    int peak_at_s = 0;
    int over_s = 0;            // seconds above 100 %
    int over_watermark_s = 0;  // by more than noise
    double over_viewer_s = 0;  // viewer-seconds there while above 100 %
  };

  Tally(const Terrain& terrain, const std::vector<Fault>& faults, double from_s);
  void Add(const World& world);  // once after each Step

  const std::vector<Target>& targets() const { return targets_; }  // by TargetId
  // Seconds in which any target with viewers was above 100 %, and those of them that are excused.
  int over_s() const { return over_s_; }
  int excused_s() const { return excused_s_; }
  int first_over_s() const { return first_over_s_; }  // not excused; -1 = never

 private:
  bool Excused(int t_s) const;

  std::vector<Target> targets_;
  std::vector<double> faults_at_s_;
  const double from_s_;
  int over_s_ = 0, excused_s_ = 0, first_over_s_ = -1;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REPORT_TALLY_H_
