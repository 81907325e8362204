#include "apps/cli/status_view.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/cli/drain_text.h"
#include "apps/cli/table.h"

namespace spillway::cli {
namespace {

// A plan is made each second; one this old means that the planner hangs (after 60 s answers fall
// back to static weights, DESIGN 5.6).
constexpr double kPlanAgeWarningSeconds = 5;

enum class State : uint8_t { kDown, kFull, kShedding, kDrained, kUp };  // worst first

struct TargetRow {
  std::string name;
  State state = State::kUp;
  std::optional<double> utilisation, headroom_mbps;
  std::string binding;
  double accept = 1;
  std::string health;
  std::string feed;  // its state
  std::optional<double> feed_age_s;
  std::string source;
  std::string drain;
};

constexpr absl::string_view StateName(State state) {
  constexpr absl::string_view kNames[] = {"down", "full", "shedding", "drained", "up"};
  return kNames[static_cast<size_t>(state)];
}

constexpr Tone StateTone(State state) {
  constexpr Tone kTones[] = {Tone::kBad, Tone::kWarning, Tone::kWarning, Tone::kWarning,
                             Tone::kGood};
  return kTones[static_cast<size_t>(state)];
}

// "up" or "down" when all who know agree, else who says down; "-" = nobody knows.
std::string HealthText(const Field& health) {
  std::string reported = health["reported"].TextOr("unknown");
  std::string probed = health["probed"].TextOr("unknown");
  if (reported == "unknown" && probed == "unknown") return "-";
  if (reported == probed || probed == "unknown") return reported;
  if (reported == "unknown") return probed;
  return probed == "down" ? "probe down" : "feed down";
}

TargetRow ReadTarget(const Field& target, std::optional<absl::Time> now) {
  TargetRow row;
  row.name = target["name"].Text();
  row.accept = target["accept"].Number();
  row.drain = DrainText(target["drain"], now);
  row.state = !target["up"].Bool() ? State::kDown
              : !row.drain.empty() ? State::kDrained
              : row.accept <= 0    ? State::kFull
              : row.accept < 1     ? State::kShedding
                                   : State::kUp;
  row.utilisation = target["utilisation"].MaybeNumber();
  row.headroom_mbps = target["headroom_mbps"].MaybeNumber();
  row.binding = target["binding"].TextOr("");
  row.feed = target["feed"]["state"].Text();
  row.feed_age_s = target["feed"]["age_s"].MaybeNumber();
  row.source = target["feed"]["source"].TextOr("");
  row.health = HealthText(target["health"]);
  return row;
}

Tone FeedTone(absl::string_view state) {
  return state == "fresh" ? Tone::kPlain : state == "frozen" ? Tone::kBad : Tone::kWarning;
}

// Worst state first; inside one, the fullest; those whose load nobody knows, last; then by name.
void SortWorstFirst(std::vector<TargetRow>* rows) {
  auto key = [](const TargetRow& r) {
    return std::make_tuple(r.state, r.feed != "frozen", -r.utilisation.value_or(-1), r.name);
  };
  std::sort(rows->begin(), rows->end(),
            [&](const TargetRow& a, const TargetRow& b) { return key(a) < key(b); });
}

std::string TargetTable(const std::vector<TargetRow>& rows, const Paint& paint) {
  Table table({{"TARGET"},
               {"STATE"},
               {"LOAD"},
               {"UTIL", Table::kRight},
               {"OF"},
               {"ROOM", Table::kRight},
               {"ACCEPT", Table::kRight},
               {"HEALTH"},
               {"FEED"},
               {"SOURCE"},
               {"DRAIN"}});
  for (const TargetRow& row : rows) {
    Tone accept = row.accept >= 1 ? Tone::kPlain : Tone::kWarning;
    std::string feed =
        row.feed == "none" ? row.feed : absl::StrCat(row.feed, " ", Age(row.feed_age_s));
    table.Row({{row.name, Tone::kBold},
               {std::string(StateName(row.state)), StateTone(row.state)},
               {Bar(row.utilisation), accept},
               {Percent(row.utilisation), accept},
               {row.utilisation ? row.binding : ""},
               {Bitrate(row.headroom_mbps)},
               {Percent(row.accept), accept},
               {row.health, absl::EndsWith(row.health, "down") ? Tone::kBad : Tone::kPlain},
               {feed, FeedTone(row.feed)},
               {row.source.empty() ? "-" : row.source},
               {row.drain, Tone::kWarning}});
  }
  return table.ToString(paint);
}

// What a person must not overlook, each with what it means.
std::string Alerts(const Field& status, const std::vector<TargetRow>& rows, const Paint& paint) {
  std::string out;
  auto alert = [&](Tone tone, absl::string_view text) {
    absl::StrAppend(&out, paint(tone, absl::StrCat("! ", text)), "\n");
  };
  auto name_those = [&](State state, absl::string_view what, Tone tone) {
    std::vector<std::string> names;
    for (const TargetRow& row : rows) {
      if (row.state == state) names.push_back(row.name);
    }
    if (!names.empty()) {
      alert(tone, absl::StrCat(Plural(static_cast<int64_t>(names.size()), "target"), " ", what,
                               ": ", absl::StrJoin(names, ", ")));
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
  Field plan = status["plan"];
  if (plan["telemetry_frozen"].BoolOr(false)) {
    alert(Tone::kBad,
          "telemetry frozen: many feeds went stale at once, so shares are held as they are");
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
  name_those(State::kDown, "down", Tone::kBad);
  name_those(State::kFull, "full", Tone::kWarning);
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

std::string ServiceTable(const Field& status, const Paint& paint) {
  Table table({{"SERVICE"},
               {"ANSWER"},
               {"CALM", Table::kRight},
               {"SHEDDING", Table::kRight},
               {"DRAINING", Table::kRight},
               {"ALL-DOWN", Table::kRight},
               {"NAMES"}});
  for (const Field& service : status["services"].Items()) {
    std::vector<std::string> names;
    for (const Field& name : service["names"].MaybeItems()) names.push_back(name.Text());
    auto rows = [&](absl::string_view state, Tone tone) {
      int64_t count = service["rows"][state].MaybeCount().value_or(0);
      return Table::Cell{absl::StrCat(count), count > 0 ? tone : Tone::kPlain};
    };
    table.Row({{service["name"].Text(), Tone::kBold},
               {service["answer"].TextOr("-")},
               rows("calm", Tone::kPlain),
               rows("shedding", Tone::kWarning),
               rows("draining", Tone::kWarning),
               rows("all-down", Tone::kBad),
               {absl::StrJoin(names, " ")}});
  }
  return table.ToString(paint);
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
  std::vector<TargetRow> rows;
  for (const Field& target : status["targets"].Items()) rows.push_back(ReadTarget(target, now));
  SortWorstFirst(&rows);

  std::string out = Head(status, now, paint);
  std::string alerts = Alerts(status, rows, paint);
  if (!alerts.empty()) absl::StrAppend(&out, "\n", alerts);
  absl::StrAppend(&out, "\n", TargetTable(rows, paint), "\n", ServiceTable(status, paint));
  if (!answer.status().ok()) return answer.status();
  return out;
}

}  // namespace spillway::cli
