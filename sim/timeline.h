// sim/timeline.h -- what an evening looked like, enough to draw it: the one input of every report.
//
//   Rehearse ──each second──► Timeline::Add ──each `every_s`──► series
//                                     └──when something changes──► events
//
// memory: 4 bytes x (targets x 3 + services x 4 + regions x 2 + 5) a sample.
// units: seconds since the start, utilisation 1 = capacity, sessions, ms. thread safety: none.
#ifndef SPILLWAY_SIM_TIMELINE_H_
#define SPILLWAY_SIM_TIMELINE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/faults.h"
#include "sim/terrain.h"
#include "sim/world.h"
#include "steering/model/facts.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

class Timeline {
 public:
  struct Target {
    std::vector<float> utilisation;  // of its own or a link's: the highest since the last sample
    std::vector<float> planned;   // by the plan, at its horizon; empty when plans have no targets
    std::vector<float> price_ms;  // as `planned`
  };
  struct Service {
    std::vector<float> playing, waiting, bitrate, refused;
  };
  struct RegionSeries {
    std::vector<float> playing, stalled;
  };
  // kFault: the world's doing; kSteering: ours; kOverload: what neither prevented.
  struct Event {
    enum class Kind { kFault, kSteering, kOverload };
    int t_s = 0;
    Kind kind = Kind::kFault;
    std::string text;
  };

  static absl::string_view KindName(Event::Kind kind);  // "fault"

  // `faults` as played. Samples every `every_s` seconds.
  Timeline(const Terrain& terrain, const std::vector<Fault>& faults, int every_s);

  void Add(const World& world, const Facts& facts, const Plan& plan);

  int every_s() const { return every_s_; }
  const Terrain& terrain() const { return terrain_; }
  const std::vector<int>& t_s() const { return t_s_; }
  const std::vector<Target>& targets() const { return targets_; }        // by TargetId
  const std::vector<Service>& services() const { return services_; }     // by ServiceId
  const std::vector<RegionSeries>& regions() const { return regions_; }  // by Terrain::regions
  // Viewers on targets above 100 % and that stall, the most since the last sample; sessions moved a
  // second; mean round trip.
  const std::vector<float>& overloaded() const { return overloaded_; }
  const std::vector<float>& stalled() const { return stalled_; }
  const std::vector<float>& moved_per_s() const { return moved_per_s_; }
  const std::vector<float>& rtt_ms() const { return rtt_ms_; }
  const std::vector<Event>& events() const { return events_; }

 private:
  struct Seen {  // of a target or service, to tell what changed
    bool up = true, over = false, estimated = false, full = false;
    int ladder = 0;
    bool waits = false;
  };
  void KeepHighest(const World& world);
  void AddSample(const World& world, const Plan& plan);
  void NoteFaults(int t_s);
  void NoteTargets(const World& world, const Plan& plan);
  void NoteServices(const World& world, const Plan& plan);
  void Note(int t_s, Event::Kind kind, std::string text);

  const Terrain& terrain_;
  const std::vector<Fault> faults_;
  const int every_s_;
  std::vector<int> t_s_;
  std::vector<Target> targets_;
  std::vector<Service> services_;
  std::vector<RegionSeries> regions_;
  std::vector<float> overloaded_, stalled_, moved_per_s_, rtt_ms_;
  std::vector<Event> events_;
  std::vector<Seen> seen_targets_, seen_services_;
  std::vector<uint8_t> fault_on_;
  double moved_before_ = 0;
  bool frozen_ = false;
  // The highest since the last sample.
  std::vector<float> utilisation_max_;
  double overloaded_max_ = 0, stalled_max_ = 0;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_TIMELINE_H_
