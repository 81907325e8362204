#include "sim/report/evening.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/rehearsal.h"

namespace spillway::sim {
namespace {

// Refusing less than this of the viewer-seconds is a waiting room opening and closing.
constexpr double kRefusedMin = 0.001;

Progress ProgressOf(const World& world, int seconds, const Policy& policy) {
  size_t fullest = 0;
  for (size_t t = 1; t < policy.targets.size(); ++t) {
    if (world.Crowding(t) > world.Crowding(fullest)) fullest = t;
  }
  return {.t_s = world.now_s(),
          .seconds = seconds,
          .at = world.now(),
          .playing = world.totals().playing,
          .stalled = world.totals().stalled,
          .fullest = policy.targets[fullest].name,
          .utilisation = world.Crowding(fullest)};
}

std::string Peak(const Evening& evening) {
  const Result& r = evening.result;
  return absl::StrFormat("%s at %.0f %% at %s", r.peak_target, r.peak * 100, Clock(r.peak_at_s));
}

std::string Overloads(const Evening& evening) {
  size_t over = 0;
  std::string worst;
  double worst_viewer_s = 0;
  for (size_t t = 0; t < evening.tally.targets().size(); ++t) {
    const Tally::Target& target = evening.tally.targets()[t];
    over += target.over_s > 0;
    if (target.over_viewer_s <= worst_viewer_s) continue;
    worst_viewer_s = target.over_viewer_s;
    worst = evening.stage->terrain.frame->policy->targets[t].name;
  }
  return absl::StrFormat(
      "%d of %d targets went above 100 %%, for %s in all (%.2f %% of all viewing time); most "
      "viewers met it at %s",
      over, evening.tally.targets().size(), Span(evening.tally.over_s()),
      evening.result.over_100 * 100, worst);
}

std::string WatermarkSentence(const Evening& evening) {
  size_t above = 0, worst = 0;
  const std::vector<Tally::Target>& targets = evening.tally.targets();
  for (size_t t = 0; t < targets.size(); ++t) {
    above += targets[t].over_watermark_s > 0;
    if (targets[t].over_watermark_s > targets[worst].over_watermark_s) worst = t;
  }
  if (above == 0) return "every target kept below its watermark";
  return absl::StrFormat(
      "%d of %d targets kept below their watermark; %s was above its %.0f %% for %s",
      targets.size() - above, targets.size(),
      evening.stage->terrain.frame->policy->targets[worst].name, targets[worst].watermark * 100,
      Span(targets[worst].over_watermark_s));
}

}  // namespace

int SampleEvery(int seconds) {
  for (const int every : {1, 2, 5, 10, 15, 20, 30}) {
    if (seconds <= every * kSamplesMax) return every;
  }
  constexpr int kMinute = 60;
  const int minutes = (seconds + kMinute * kSamplesMax - 1) / (kMinute * kSamplesMax);
  return minutes * kMinute;
}

Evening PlayEvening(std::shared_ptr<const Stage> stage, const std::string& label,
                    const SteeringFactory& make, const OnProgress& progress) {
  const Scenario& scenario = stage->scenario;
  const Terrain& terrain = stage->terrain;
  const Policy& policy = *terrain.frame->policy;
  Evening evening{.stage = stage,
                  .label = label,
                  .result = {},
                  .timeline = Timeline(terrain, scenario.faults, SampleEvery(scenario.seconds)),
                  .tally = Tally(terrain, scenario.faults, scenario.scored_from_s)};
  const std::unique_ptr<Steering> steering = MakeFleet(scenario.nodes, make);
  evening.result = Rehearse(scenario, terrain, steering.get(),
                            [&](const World& world, const Facts& facts, const Plan& plan) {
                              evening.timeline.Add(world, facts, plan);
                              evening.tally.Add(world);
                              if (progress) progress(ProgressOf(world, scenario.seconds, policy));
                            });
  return evening;
}

absl::string_view OutcomeName(Outcome outcome) {
  constexpr absl::string_view kNames[] = {"held", "held but for faults", "not held"};
  return kNames[static_cast<size_t>(outcome)];
}

Verdict Judge(const Evening& evening) {
  const Tally& tally = evening.tally;
  Verdict verdict;
  if (tally.over_s() == 0) {
    verdict.reasons.push_back(
        absl::StrCat("nothing was asked for more than it has; the fullest was ", Peak(evening)));
  } else if (tally.over_s() == tally.excused_s()) {
    verdict.outcome = Outcome::kExcused;
    verdict.reasons.push_back(
        absl::StrCat("above 100 % for ", Span(tally.over_s()), ", all of it within ", Span(kGraceS),
                     " after a fault, when nobody who plays can have moved yet; the fullest was ",
                     Peak(evening)));
  } else {
    verdict.outcome = Outcome::kNotHeld;
    verdict.reasons.push_back(absl::StrCat("overloaded from ", Clock(tally.first_over_s()),
                                           " on; the fullest was ", Peak(evening)));
  }
  if (tally.over_s() > 0) verdict.reasons.push_back(Overloads(evening));
  if (evening.stage->fits && evening.result.refused > kRefusedMin) {
    verdict.outcome = Outcome::kNotHeld;
    verdict.reasons.push_back(absl::StrFormat(
        "%.1f %% of those who came had to wait, though the scenario says that demand fits",
        evening.result.refused * 100));
  }
  verdict.reasons.push_back(WatermarkSentence(evening));
  return verdict;
}

std::vector<size_t> ByPeak(const Evening& evening) {
  std::vector<size_t> order(evening.tally.targets().size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return evening.tally.targets()[a].peak > evening.tally.targets()[b].peak;
  });
  return order;
}

std::string Clock(int t_s) {
  return absl::StrFormat("%d:%02d:%02d", t_s / 3600, t_s / 60 % 60, t_s % 60);
}

std::string Span(int seconds) {
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  return absl::StrFormat("%dh%02dm", seconds / 3600, seconds / 60 % 60);
}

}  // namespace spillway::sim
