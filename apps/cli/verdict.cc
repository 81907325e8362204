#include "apps/cli/verdict.h"

namespace spillway::cli {
namespace {

constexpr VerdictSpec kVerdicts[] = {
    {"serving", Tone::kGood, "gets clients of this group, and has room"},
    {"shedding", Tone::kWarning, "gets part of those it is cheapest for: no room for the rest"},
    {"spill", Tone::kGood, "nobody has room: gets part of what is left, by headroom"},
    {"costlier", Tone::kDim, "could serve; cheaper targets have room for all"},
    {"full", Tone::kWarning, "priced out: gets none of this group"},
    {"down", Tone::kBad, "its feed or its probes say it is down"},
    {"drained", Tone::kWarning, "taken out by a person"},
    {"fenced", Tone::kDim, "the policy keeps this group's clients away from it"},
    {"last-resort", Tone::kBad, "nothing is healthy: answers go by the policy's static weights"},
};

// What keeps a share from what the prices alone would give; pace.h of the planner.
constexpr VerdictSpec kHeld[] = {
    {"pace", Tone::kWarning,
     "what is better but need not be moves 5 % of a group a second at most"},
    {"slow-start", Tone::kWarning, "new or back: begins with 2 %, twice as much each TTL"},
    {"deadband", Tone::kDim, "the change is too small to move anyone"},
    {"shift-guard", Tone::kWarning, "guards.max_shift_per_minute is used up"},
    {"freeze", Tone::kWarning, "a freeze window holds what need not move"},
    {"min-targets", Tone::kDim, "guards.min_targets_per_group keeps several targets in use"},
    {"room", Tone::kWarning, "the target has no room for more yet, or leaves room to others"},
};

}  // namespace

absl::Span<const VerdictSpec> HeldWords() { return kHeld; }

absl::Span<const VerdictSpec> Verdicts() { return kVerdicts; }

const VerdictSpec* FindVerdict(absl::string_view name) {
  for (const VerdictSpec& spec : kVerdicts) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace spillway::cli
