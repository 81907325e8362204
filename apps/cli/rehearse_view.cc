#include "apps/cli/rehearse_view.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "apps/cli/help.h"
#include "apps/cli/table.h"
#include "base/units.h"

namespace spillway::cli {
namespace {

using sim::Evening;
using sim::Outcome;
using sim::Result;

constexpr size_t kTargetsShown = 10;
constexpr size_t kEventsShown = 16;

Tone ToneOf(Outcome outcome) {
  return outcome == Outcome::kHeld      ? Tone::kGood
         : outcome == Outcome::kExcused ? Tone::kWarning
                                        : Tone::kBad;
}

// A part of viewing time: "none", "0.02 %", "< 0.01 %".
std::string Part(double part) {
  if (part <= 0) return "none";
  if (part < 0.0001) return "< 0.01 %";
  return part < 0.1 ? absl::StrFormat("%.2f %%", part * 100)
                    : absl::StrFormat("%.1f %%", part * 100);
}

std::string VerdictText(const Evening& evening, const Paint& paint) {
  const sim::Verdict verdict = sim::Judge(evening);
  std::string out = absl::StrCat(
      paint(ToneOf(verdict.outcome), absl::AsciiStrToUpper(OutcomeName(verdict.outcome))), "  ",
      Printable(evening.stage->title), "\n");
  for (const std::string& reason : verdict.reasons)
    absl::StrAppend(&out, "  ", Wrap(reason, 2), "\n");
  return out;
}

std::string Recovery(const Evening& evening) {
  const Result& r = evening.result;
  if (evening.stage->scenario.faults.empty()) return "";
  const std::string at = sim::Clock(static_cast<int>(evening.stage->scenario.fault_at_s));
  auto after = [](double s) {
    return s <= 0 ? std::string("never")
                  : sim::Span(static_cast<int>(s)) + " later for the last time";
  };
  return absl::StrCat("trouble began at ", at, "; above 100 % ", after(r.recovered_s),
                      ", above a watermark ", after(r.below_watermark_s));
}

std::string FiguresText(const Evening& evening) {
  const Result& r = evening.result;
  std::vector<std::pair<std::string, std::string>> rows = {
      {"viewers", absl::StrCat(FormatCount(r.playing_peak), " at the peak")},
      {"overloaded", absl::StrCat(Part(r.over_100), " of viewing time on targets above 100 %, ",
                                  Part(r.over_95), " above 95 %")},
      {"stalled", absl::StrCat(Part(r.stalled), " of viewing time got less than it needed")},
      {"waited", absl::StrCat(Part(r.refused), " of the time of those who came")},
      {"bitrate", absl::StrFormat("%.1f %% of the nominal allowed, on average", r.bitrate * 100)},
      {"gave up", absl::StrCat(Part(r.gave_up), " of sessions; dead target or no answer met: ",
                               Part(r.failed_starts), " of starts")},
      {"moved", absl::StrFormat("%.2f times an hour each viewer while playing; %.2f times an hour "
                                "its next start was sent elsewhere",
                                r.moved_per_hour, r.repointed_per_hour)},
      {"distance",
       absl::StrFormat("%.1f ms round trip, %.1f ms of cost by the policy, price %.3f a "
                       "unit, on average",
                       r.rtt_ms, r.cost_ms, r.price)}};
  if (std::string recovery = Recovery(evening); !recovery.empty())
    rows.emplace_back("recovered", recovery);
  std::string out;
  for (const auto& [word, text] : rows)
    absl::StrAppend(&out, "  ", PadRight(word, 10), "  ", Wrap(text, 14, 96), "\n");
  return out;
}

std::string ServicesText(const Evening& evening, const Paint& paint) {
  Table table({{"SERVICE"},
               {"CLASS"},
               {"PEAK", Table::kRight},
               {"WAITED", Table::kRight},
               {"BITRATE", Table::kRight}});
  const Policy& policy = *evening.stage->terrain.frame->policy;
  for (size_t s = 0; s < policy.services.size(); ++s) {
    const sim::ServiceResult& service = evening.result.services[s];
    table.Row({{service.service},
               {std::string(ServiceClassName(policy.services[s].service_class))},
               {FormatCount(service.peak)},
               {Part(service.refused), service.refused > 0 ? Tone::kWarning : Tone::kPlain},
               {absl::StrFormat("%.1f %%", service.bitrate * 100),
                service.bitrate < 0.999 ? Tone::kWarning : Tone::kPlain}});
  }
  return table.ToString(paint);
}

std::string TargetsText(const Evening& evening, const Paint& paint) {
  Table table({{"FULLEST"},
               {"PEAK", Table::kRight},
               {"AT", Table::kRight},
               {"WATERMARK", Table::kRight},
               {"ABOVE IT", Table::kRight},
               {"ABOVE 100 %", Table::kRight},
               {"CAPACITY", Table::kRight}});
  const std::vector<size_t> order = sim::ByPeak(evening);
  for (size_t i = 0; i < std::min(order.size(), kTargetsShown); ++i) {
    const sim::Tally::Target& target = evening.tally.targets()[order[i]];
    auto time = [](int seconds) { return seconds == 0 ? std::string("-") : sim::Span(seconds); };
    table.Row({{evening.stage->terrain.frame->policy->targets[order[i]].name},
               {absl::StrFormat("%.0f %%", target.peak * 100), target.over_s > 0 ? Tone::kBad
                                                               : target.over_watermark_s > 0
                                                                   ? Tone::kWarning
                                                                   : Tone::kPlain},
               {sim::Clock(target.peak_at_s)},
               {absl::StrFormat("%.0f %%", target.watermark * 100)},
               {time(target.over_watermark_s)},
               {time(target.over_s)},
               {FormatBitrate(evening.stage->terrain.capacity_mbps[order[i]])}});
  }
  std::string out = table.ToString(paint);
  if (order.size() > kTargetsShown)
    absl::StrAppend(&out, "and ", order.size() - kTargetsShown, " less full\n");
  return out;
}

// Faults all; of the rest the first of each text, until enough are told.
std::string EventsText(const Evening& evening, const Paint& paint) {
  using Event = sim::Timeline::Event;
  const std::vector<Event>& events = evening.timeline.events();
  if (events.empty()) return "nothing happened\n";
  std::vector<const Event*> shown;
  std::set<std::string> told;
  auto take = [&](bool faults) {
    for (const Event& event : events) {
      if ((event.kind == Event::Kind::kFault) != faults || shown.size() >= kEventsShown) continue;
      if (told.insert(event.text).second) shown.push_back(&event);
    }
  };
  take(true);
  take(false);
  std::sort(shown.begin(), shown.end());  // by place in `events`, which is by time
  std::string out;
  for (const Event* event : shown) {
    const Tone tone = event->kind == Event::Kind::kOverload ? Tone::kBad
                      : event->kind == Event::Kind::kFault  ? Tone::kWarning
                                                            : Tone::kPlain;
    absl::StrAppend(&out, "  ", sim::Clock(event->t_s), "  ", paint(tone, Printable(event->text)),
                    "\n");
  }
  if (shown.size() < events.size())
    absl::StrAppend(&out, "  and ", events.size() - shown.size(), " more: --json, --html\n");
  return out;
}

// "+1.2", or "1.2" when there is no limit to compare with.
std::string Beyond(double value, const double* limit, int digits) {
  return limit == nullptr ? absl::StrFormat("%.*f", digits, value)
                          : absl::StrFormat("%+.*f", digits, value - *limit);
}

}  // namespace

std::string ProgressLine(const sim::Progress& now) {
  return absl::StrFormat("%s  %d %%  %s viewers  fullest %s %.0f %%  stalled %s",
                         absl::FormatTime("%Y-%m-%d %H:%M:%SZ", now.at, absl::UTCTimeZone()),
                         100LL * now.t_s / std::max(1, now.seconds), FormatCount(now.playing),
                         now.fullest, now.utilisation * 100,
                         now.stalled < 1 ? "none" : FormatCount(now.stalled));
}

std::string EveningText(const Evening& evening, const Paint& paint) {
  return absl::StrCat(VerdictText(evening, paint), "\n", FiguresText(evening), "\n",
                      ServicesText(evening, paint), "\n", TargetsText(evening, paint), "\n",
                      paint(Tone::kBold, "WHAT MATTERED"), "\n", EventsText(evening, paint));
}

std::string ComparisonText(const std::vector<Evening>& evenings, const Paint& paint) {
  const auto limit = std::find_if(evenings.begin(), evenings.end(), [](const Evening& evening) {
    return evening.result.steering == "clairvoyant";
  });
  const double* rtt = limit == evenings.end() ? nullptr : &limit->result.rtt_ms;
  const double* price = limit == evenings.end() ? nullptr : &limit->result.price;
  Table table({{""},
               {"VERDICT"},
               {"> 100 %", Table::kRight},
               {"> 95 %", Table::kRight},
               {"PEAK", Table::kRight},
               {"STALLED", Table::kRight},
               {"WAITED", Table::kRight},
               {rtt == nullptr ? "RTT MS" : "RTT MS*", Table::kRight},
               {price == nullptr ? "PRICE" : "PRICE*", Table::kRight},
               {"MOVES/H", Table::kRight},
               {"RECOVERED", Table::kRight}});
  std::string out = absl::StrCat(paint(Tone::kBold, Printable(evenings[0].stage->title)), "\n\n");
  for (const Evening& evening : evenings) {
    const Result& r = evening.result;
    const Outcome outcome = sim::Judge(evening).outcome;
    table.Row({{evening.label},
               {std::string(OutcomeName(outcome)), ToneOf(outcome)},
               {Part(r.over_100)},
               {Part(r.over_95)},
               {absl::StrFormat("%.0f %%", r.peak * 100)},
               {Part(r.stalled)},
               {Part(r.refused)},
               {Beyond(r.rtt_ms, rtt, 1)},
               {Beyond(r.price, price, 3)},
               {absl::StrFormat("%.2f", r.moved_per_hour)},
               {evening.stage->scenario.faults.empty() ? "-"
                : r.recovered_s <= 0                   ? "at once"
                                     : sim::Span(static_cast<int>(r.recovered_s))}});
  }
  absl::StrAppend(&out, table.ToString(paint),
                  "\n> 100 %, > 95 %: part of viewing time on targets so full. STALLED: part that "
                  "got less than it\nneeded. MOVES/H: moves of a playing viewer in an hour. "
                  "RECOVERED: from the fault until no target\nwas above 100 % any more.");
  absl::StrAppend(&out, rtt == nullptr ? "" : " * beyond the clairvoyant's, the limit.", "\n");
  return out;
}

std::string FactsText(const std::vector<Evening>& evenings, double took_s) {
  const sim::Stage& stage = *evenings[0].stage;
  const Policy& policy = *stage.terrain.frame->policy;
  std::string out = absl::StrCat(
      Printable(stage.scenario.name), ": ", Plural(policy.targets.size(), "target"), ", ",
      Plural(stage.places.size(), "network"), ", ", Plural(stage.scenario.nodes.count, "node"),
      ", seed ", stage.scenario.world.seed, "; ", sim::Clock(stage.scenario.seconds));
  absl::StrAppend(&out, evenings.size() == 1 ? "" : absl::StrCat(", ", evenings.size(), " times"),
                  absl::StrFormat(", played in %.1f s\n", took_s),
                  "policy: ", Printable(stage.policy_directory), ", version ", policy.version,
                  "\n");
  return out;
}

}  // namespace spillway::cli
