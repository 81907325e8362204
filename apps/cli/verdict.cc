#include "apps/cli/verdict.h"

namespace spillway::cli {
namespace {

constexpr VerdictSpec kVerdicts[] = {
    {"serving", Tone::kGood, "gets clients of this group: cheapest, and has room"},
    {"shedding", Tone::kWarning, "gets part of its clients: near its watermark, or just back"},
    {"spill", Tone::kGood, "gets what cheaper targets cannot take"},
    {"costlier", Tone::kDim, "could serve; cheaper targets have room for all"},
    {"full", Tone::kWarning, "at its watermark: gets no new clients"},
    {"down", Tone::kBad, "its feed or its probes say it is down"},
    {"drained", Tone::kWarning, "taken out by a person; see DRAIN"},
    {"fenced", Tone::kDim, "the policy keeps this group's clients away from it"},
    {"last-resort", Tone::kBad, "nothing is healthy: answers go by the policy's static weights"},
};

}  // namespace

absl::Span<const VerdictSpec> Verdicts() { return kVerdicts; }

const VerdictSpec* FindVerdict(absl::string_view name) {
  for (const VerdictSpec& spec : kVerdicts) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace spillway::cli
