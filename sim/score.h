// sim/score.h -- how good an evening was, in the figures that docs/CONTROLLER.md compares.
//
// units: viewer-seconds as parts of all viewer-seconds; seconds; utilisation 1 = capacity.
#ifndef SPILLWAY_SIM_SCORE_H_
#define SPILLWAY_SIM_SCORE_H_

#include <string>
#include <vector>

#include "sim/terrain.h"
#include "sim/world.h"

namespace spillway::sim {

// For so long after a fault peaks are physics, later ones ours: within two minutes answers with a
// TTL of 30 s have been asked again.
inline constexpr int kGraceS = 120;
// Report noise and whole cells: a target may hover about its watermark.
inline constexpr double kWatermarkSlack = 0.01;

// Who was sacrificed: one service's part.
struct ServiceResult {
  std::string service;
  double refused = 0;  // viewer-seconds in the waiting room, of its own
  double bitrate = 1;  // mean part of the nominal bitrate
  double peak = 0;     // most that played at once
};

struct Result {
  std::string scenario, steering;
  double over_100 = 0;  // viewer-seconds on targets asked for more than they have
  double over_95 = 0;
  double peak = 0;  // utilisation, of any target at any second
  std::string peak_target;
  int peak_at_s = 0;
  double peak_later = 0;          // the same from two minutes after the fault
  double moved_per_hour = 0;      // sessions moved while playing, per viewer-hour
  double repointed_per_hour = 0;  // viewers whose next start was sent elsewhere, per viewer-hour
  // From the fault to the last second any target was above 100 % (its watermark); 0 = never.
  double recovered_s = 0, below_watermark_s = 0;
  double rtt_ms = 0, cost_ms = 0;  // means over viewer-seconds
  double price = 0;                // mean Target::cost of what was carried
  double stalled = 0;              // viewer-seconds that got less than they needed
  double failed_starts = 0;        // told a target that was dead, as part of those that began
  double playing_peak = 0;         // most that played at once
  std::vector<ServiceResult> services;
  double refused = 0;  // viewer-seconds in the waiting room
  double bitrate = 1;  // mean part of the nominal bitrate the ladder leaves
  double gave_up = 0;  // sessions, as part of those that began
};

class Score {
 public:
  // Seconds before `from_s` do not count: the world's opening is nobody's doing.
  Score(const Terrain& terrain, double fault_at_s, double from_s);
  void Add(const World& world);  // once after each Step
  Result Finish() const;

 private:
  void AddTargets(const World& world);
  void AddServices(const World& world);

  const Policy& policy_;
  std::vector<double> watermark_;  // by target: the least of the services it may serve
  const double fault_at_s_, from_s_;
  Result sums_;
  double carried_ = 0;
  std::vector<double> service_viewer_s_, service_waiting_s_;
  double viewer_s_ = 0, waiting_s_ = 0;
  World::Totals first_, last_;
  bool began_ = false;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SCORE_H_
