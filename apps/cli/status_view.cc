#include "apps/cli/status_view.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/cli/status_tables.h"
#include "base/units.h"
#include "dns/zone/signatures_end.h"

namespace spillway::cli {
namespace {

// A plan is made each second; one this old means that the planner hangs (after 60 s answers fall
// back to static weights, DESIGN 5.6).
constexpr double kPlanAgeWarningSeconds = 5;

// More names than this are left to the table.
constexpr size_t kNamesMax = 6;

std::string Names(const std::vector<std::string>& names) {
  if (names.size() <= kNamesMax) return absl::StrJoin(names, ", ");
  return absl::StrCat(absl::StrJoin(names.begin(), names.begin() + kNamesMax, ", "), " and ",
                      names.size() - kNamesMax, " more");
}

// What a service does to its clients because they do not all fit, a line each.
std::vector<std::string> HeldBack(const Field& service) {
  std::vector<std::string> lines;
  const std::string name = service["name"].Text();
  const double refused = service["refused"].MaybeNumber().value_or(0);
  if (refused >= 0.0005)  // what rounds to 0.1 %
    lines.push_back(
        absl::StrCat(name, ": ", FormatFraction(refused),
                     " of its demand fits nowhere; targets are filled beyond their mark"));
  if (std::optional<int64_t> cap = service["cap_kbps"].MaybeCount()) {
    lines.push_back(absl::StrCat(name, ": players are told to stay under ",
                                 FormatBitrate(static_cast<double>(*cap) / 1000), " (ladder step ",
                                 service["ladder_step"].Count(), ")"));
  }
  const Field waiting = service["waiting"];
  if (int64_t groups = waiting["groups"].MaybeCount().value_or(0); groups > 0) {
    const auto viewers = std::llround(waiting["viewers"].MaybeNumber().value_or(0));
    const auto wait = [&](absl::string_view who, absl::string_view key) {
      const double part = waiting[key].Number();
      if (part >= 1) return;
      lines.push_back(absl::StrCat(name, ": ", who, " wait in up to ", Plural(groups, "group"),
                                   viewers > 0 ? absl::StrCat(", ", viewers, " in all") : "",
                                   "; at worst ", FormatFraction(part), " are let in"));
    };
    wait("new viewers", "admitted_min");
    wait("viewers who were interrupted", "retries_admitted_min");
  }
  if (service["guard_exceeded"].BoolOr(false)) {
    lines.push_back(absl::StrCat(name, ": protection moves more than guards.max_shift_per_minute"));
  }
  return lines;
}

// Nobody suffers from it yet; empty when whatever might die would fit elsewhere.
std::string HardestLoss(const Field& n_minus_one) {
  const Field loss = n_minus_one["hardest"];
  if (loss.empty()) return "";
  return absl::StrCat("if ", loss["target"].Text(), " died now, ",
                      loss["converged"].Bool() ? "" : "up to ",
                      Bitrate(loss["refused_mbps"].Number()), " of its ",
                      Bitrate(loss["lost_mbps"].Number()), " would find no room elsewhere");
}

// What a person must not overlook, each with what it means.
std::string Alerts(const Field& status, const std::vector<TargetRow>& rows, const Paint& paint) {
  std::string out;
  auto alert = [&](Tone tone, absl::string_view text) {
    absl::StrAppend(&out, paint(tone, absl::StrCat("! ", text)), "\n");
  };
  auto name_those = [&](TargetState state, absl::string_view what, Tone tone) {
    std::vector<std::string> names;
    for (const TargetRow& row : rows) {
      if (row.state == state) names.push_back(row.name);
    }
    if (!names.empty()) {
      alert(tone, absl::StrCat(Plural(static_cast<int64_t>(names.size()), "target"), " ", what,
                               ": ", Names(names)));
    }
  };
  Field reload = status["policy"]["last_reload"];
  if (!reload.empty() && !reload["ok"].Bool()) {
    std::optional<absl::Time> at = reload["at"].MaybeTime();
    alert(Tone::kBad,
          absl::StrCat("the last reload failed", at ? " at " : "", at ? When(*at) : "",
                       "; version ", status["policy"]["version"].Text(), " keeps serving:"));
    for (const Field& line : reload["diagnostics"].MaybeItems()) {
      absl::StrAppend(&out, "    ", DiagnosticLine(line), "\n");
    }
  }
  if (const Field end = status["signatures_end"]; !end.empty()) {
    const std::optional<absl::Time> at = end["at"].MaybeTime(), now = status["now"].MaybeTime();
    if (at && now && *at - *now <= dns::kSignaturesShort) {
      const bool ended = *at <= *now;
      alert(ended ? Tone::kBad : Tone::kWarning,
            absl::StrCat("signatures of ", end["zone"].Text(), ended ? " ended at " : " end at ",
                         When(*at), ": validating resolvers ", ended ? "refuse" : "will refuse",
                         " its answers"));
    }
  }
  Field plan = status["plan"];
  if (plan["telemetry_frozen"].BoolOr(false)) {
    alert(Tone::kBad,
          "telemetry frozen: many feeds went stale at once, so the model steers without reports");
  }
  if (plan["fail_static"].BoolOr(false)) {
    alert(Tone::kBad,
          "fail-static: the planner makes no plan; answers follow the room that was last known");
  }
  if (std::optional<double> age = plan["age_s"].MaybeNumber();
      age && *age > kPlanAgeWarningSeconds) {
    alert(Tone::kBad,
          absl::StrCat("the plan is ", Age(*age), " old: the planner does not publish"));
  }
  for (const Field& service : status["services"].Items()) {
    if (int64_t groups = service["rows"]["all-down"].MaybeCount().value_or(0); groups > 0) {
      alert(Tone::kBad, absl::StrCat(service["name"].Text(), ": every target is unhealthy for ",
                                     Plural(groups, "group"), "; answers go by static weights"));
    }
  }
  for (const Field& service : status["services"].Items()) {
    for (const std::string& text : HeldBack(service)) alert(Tone::kBad, text);
  }
  name_those(TargetState::kDown, "down", Tone::kBad);
  for (const TargetRow& row : rows) {
    if (row.state != TargetState::kWeak) continue;
    alert(Tone::kBad,
          absl::StrCat(row.name, " is weak: it delivers ", Bitrate(row.capacity_mbps), " at most",
                       row.claimed_mbps
                           ? absl::StrCat(", of the ", Bitrate(row.claimed_mbps), " it claims")
                           : ""));
  }
  name_those(TargetState::kFull, "full", Tone::kWarning);
  if (std::string text = HardestLoss(status["n_minus_one"]); !text.empty())
    alert(Tone::kWarning, text);
  for (const TargetRow& row : rows) {
    if (!row.drain.empty())
      alert(Tone::kWarning, absl::StrCat(row.name, " is drained by ", row.drain));
  }
  return out;
}

std::string Head(const Field& status, std::optional<absl::Time> now, const Paint& paint) {
  Field policy = status["policy"], plan = status["plan"], fronts = status["fronts"];
  std::string out = absl::StrCat(
      paint(Tone::kBold, absl::StrCat("spillwayd ", status["version"].TextOr("?"))), ", up ",
      Age(status["uptime_s"].MaybeNumber()), now ? ", at " : "", now ? When(*now) : "", "\n");
  std::optional<absl::Time> loaded = policy["loaded_at"].MaybeTime();
  absl::StrAppend(&out, "policy   ", policy["version"].Text(), " from ",
                  policy["directory"].TextOr("?"));
  if (loaded && now)
    absl::StrAppend(&out, ", loaded ", Age(absl::ToDoubleSeconds(*now - *loaded)), " ago");
  absl::StrAppend(&out, "\nplan     ");
  if (plan.empty()) {
    out += "none yet";
  } else {
    absl::StrAppend(&out, "#", plan["generation"].Count(), ", made ",
                    Age(plan["age_s"].MaybeNumber()), " ago");
    if (std::optional<double> horizon = plan["horizon_s"].MaybeNumber(); horizon && *horizon > 0)
      absl::StrAppend(&out, ", looks ", Age(*horizon), " ahead");
    if (!plan["solver"]["converged"].BoolOr(true)) {
      absl::StrAppend(&out, ", prices not settled after ", plan["solver"]["sweeps"].Count(),
                      " sweeps");
    }
  }
  std::vector<std::string> databases;
  for (const Field& database : status["geo"]["databases"].MaybeItems()) {
    std::optional<absl::Time> built = database["built_at"].MaybeTime();
    databases.push_back(
        absl::StrCat(database["type"].TextOr("?"), built ? " of " : "",
                     built ? absl::FormatTime("%Y-%m-%d", *built, absl::UTCTimeZone()) : ""));
  }
  absl::StrAppend(&out, "\ngeo      ",
                  databases.empty() ? "no database" : absl::StrJoin(databases, ", "));
  if (std::optional<int64_t> groups = status["geo"]["groups"].MaybeCount()) {
    absl::StrAppend(&out, ", ", Plural(*groups, "group"));
  }
  std::vector<std::string> listeners;
  for (absl::string_view front : {"dns", "http"}) {
    std::vector<std::string> where;
    for (const Field& item : fronts[front].MaybeItems()) where.push_back(item.Text());
    listeners.push_back(
        absl::StrCat(front, " ", where.empty() ? "off" : absl::StrJoin(where, " ")));
  }
  absl::StrAppend(&out, "\nfronts   ", absl::StrJoin(listeners, ", "), "\n");
  return out;
}

}  // namespace

std::string DiagnosticLine(const Field& diagnostic) {
  if (diagnostic.is_text()) return diagnostic.Text();
  std::string out = diagnostic["file"].TextOr("");
  for (absl::string_view key : {"line", "column"}) {
    int64_t number = diagnostic[key].MaybeCount().value_or(0);
    if (number > 0) absl::StrAppend(&out, ":", number);
  }
  absl::StrAppend(&out, out.empty() ? "" : ": ", diagnostic["severity"].TextOr("error"), ": ",
                  diagnostic["message"].Text());
  return out;
}

absl::StatusOr<std::string> StatusText(Answer& answer, const Paint& paint) {
  Field status = answer.root();
  std::optional<absl::Time> now = status["now"].MaybeTime();
  const std::vector<TargetRow> rows = ReadTargets(status, now);

  std::string out = Head(status, now, paint);
  std::string alerts = Alerts(status, rows, paint);
  if (!alerts.empty()) absl::StrAppend(&out, "\n", alerts);
  absl::StrAppend(&out, "\n", TargetTable(rows, paint), "\n");
  std::string limits = LimitTable(status, paint);
  if (!limits.empty()) absl::StrAppend(&out, limits, "\n");
  absl::StrAppend(&out, ServiceTable(status, paint));
  if (!answer.status().ok()) return answer.status();
  return out;
}

}  // namespace spillway::cli
