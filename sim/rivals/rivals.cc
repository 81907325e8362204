#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

constexpr Rival kRivals[] = {
    {"nearest", "Everyone to the nearest target, whatever its health and load.", MakeNearest},
    {"weighted", "Shares by capacity, for ever.", MakeWeighted},
    {"failover", "The nearest target that answers its health checks (gdnsd, Route 53).",
     [] { return MakeFailover(); }},
    {"shed-dice", "Dice between two watermarks of reported load, then the next (NS1 shed_load).",
     [] { return MakeShedDice(); }},
    {"load-feedback",
     "Each minute demand is assigned so that load stays under target (Akamai GTM).",
     [] { return MakeLoadFeedback(); }},
    {"mark-down",
     "Out above a threshold, in below it, the next group then (Apache Traffic Control).",
     [] { return MakeMarkDown(); }},
    {"least-loaded", "Everyone to the least loaded of the nearest, by the last report.",
     [] { return MakeLeastLoaded(); }},
    {"fastroute", "Nodes hand a growing part of their queries to larger ones (FastRoute layers).",
     [] { return MakeFastRoute(); }},
    {"watermark-shed", "Sheds by watermarks on reported load: our first planner.",
     MakeWatermarkShed},
    {"clairvoyant", "The limit: knows every session, cache and capacity, and the audience to come.",
     MakeClairvoyant},
};

}  // namespace

absl::Span<const Rival> Rivals() { return kRivals; }

const Rival* FindRival(absl::string_view name) {
  for (const Rival& rival : kRivals)
    if (rival.name == name) return &rival;
  return nullptr;
}

}  // namespace spillway::sim
