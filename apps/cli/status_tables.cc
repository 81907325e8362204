#include "apps/cli/status_tables.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "apps/cli/drain_text.h"
#include "apps/cli/table.h"
#include "base/units.h"

namespace spillway::cli {
namespace {

// Prices below are the solver's tolerance or the first breath of one; they would print as 0.0.
constexpr double kPriceShownMs = 0.05;

constexpr absl::string_view StateName(TargetState state) {
  constexpr absl::string_view kNames[] = {"down",      "weak",    "full", "shedding",
                                          "returning", "drained", "up"};
  return kNames[static_cast<size_t>(state)];
}

// "shedding 62%": with the part it gets of those it is cheapest for.
std::string StateText(const TargetRow& row) {
  const bool part = row.state == TargetState::kShedding || row.state == TargetState::kReturning;
  return absl::StrCat(StateName(row.state), part && row.accept < 1 ? " " : "",
                      part && row.accept < 1 ? Percent(row.accept) : "");
}

constexpr Tone StateTone(TargetState state) {
  constexpr Tone kTones[] = {Tone::kBad,     Tone::kBad,     Tone::kWarning, Tone::kWarning,
                             Tone::kWarning, Tone::kWarning, Tone::kGood};
  return kTones[static_cast<size_t>(state)];
}

TargetState ReadState(const Field& target, const TargetRow& row) {
  if (!target["up"].Bool()) return TargetState::kDown;
  if (!row.drain.empty()) return TargetState::kDrained;
  if (target["capacity_estimated"].BoolOr(false)) return TargetState::kWeak;
  // A limit without a price is closed.
  const bool closed = !row.limit.empty() && !row.price_ms;
  if (closed || row.headroom_mbps.value_or(1) <= 0) return TargetState::kFull;
  if (row.price_ms.value_or(0) >= kPriceShownMs) return TargetState::kShedding;
  if (target["returning"].BoolOr(false)) return TargetState::kReturning;
  return TargetState::kUp;
}

TargetRow ReadTarget(const Field& target, std::optional<absl::Time> now) {
  TargetRow row;
  row.name = target["name"].Text();
  row.drain = DrainText(target["drain"], now);
  row.utilisation = target["utilisation"].MaybeNumber();
  row.planned = target["planned_utilisation"].MaybeNumber();
  row.headroom_mbps = target["headroom_mbps"].MaybeNumber();
  row.price_ms = target["price_ms"].MaybeNumber();
  row.claimed_mbps = target["capacity"]["egress"].MaybeNumber();
  row.capacity_mbps = target["capacity_mbps"].MaybeNumber();
  row.binding = target["binding"].TextOr("");
  row.limit = target["limit"].TextOr("");
  row.feed_state = target["feed"]["state"].Text();
  row.feed = FeedText(target["feed"], target["health"]["reported"].TextOr("unknown"),
                      target["health"]["probed"].TextOr("unknown"));
  row.accept = target["accept"].Number();
  row.state = ReadState(target, row);
  return row;
}

Tone FeedTone(absl::string_view state) {
  return state == "fresh" || state == "none" ? Tone::kPlain
         : state == "frozen"                 ? Tone::kBad
                                             : Tone::kWarning;
}

// "5.2k"; "-" = unknown.
std::string Count(std::optional<double> count) { return count ? FormatCount(*count) : "-"; }

// Demand that fits nowhere is planned too; how many times over does not matter.
std::string PlanText(std::optional<double> planned) {
  return planned.value_or(0) >= 10 ? ">999%" : Percent(planned);
}

// The first of many and how many more.
std::string FirstOf(const std::vector<Field>& items) {
  if (items.empty()) return "-";
  return items.size() == 1 ? items[0].Text()
                           : absl::StrCat(items[0].Text(), " +", items.size() - 1);
}

}  // namespace

std::string FeedText(const Field& feed, const std::string& reported, const std::string& probed) {
  std::string text = feed["state"].Text();
  if (text != "none") absl::StrAppend(&text, " ", Age(feed["age_s"].MaybeNumber()));
  if (text == "none" && probed != "down")
    return absl::StrCat(text, probed == "unknown" ? ", no probe" : ", probe up");
  if (reported == "down") absl::StrAppend(&text, ", says down");
  if (probed == "down") absl::StrAppend(&text, ", probe down");
  return text;
}

std::string PriceText(std::optional<double> price_ms) {
  if (!price_ms) return "closed";
  if (*price_ms < kPriceShownMs) return "-";
  return absl::StrCat(Milliseconds(price_ms), " ms");
}

std::vector<TargetRow> ReadTargets(const Field& status, std::optional<absl::Time> now) {
  std::vector<TargetRow> rows;
  for (const Field& target : status["targets"].Items()) rows.push_back(ReadTarget(target, now));
  auto key = [](const TargetRow& r) {
    return std::make_tuple(r.state, r.feed_state != "frozen", -r.utilisation.value_or(-1), r.name);
  };
  std::sort(rows.begin(), rows.end(),
            [&](const TargetRow& a, const TargetRow& b) { return key(a) < key(b); });
  return rows;
}

std::string TargetTable(const std::vector<TargetRow>& rows, const Paint& paint) {
  Table table({{"TARGET"},
               {"STATE"},
               {"LOAD"},
               {"UTIL", Table::kRight},
               {"OF"},
               {"PLAN", Table::kRight},
               {"ROOM", Table::kRight},
               {"PRICE", Table::kRight},
               {"FEED"}});
  // Egress goes without saying.
  const bool other = std::any_of(rows.begin(), rows.end(), [](const TargetRow& row) {
    return row.utilisation && row.binding != "egress";
  });
  for (const TargetRow& row : rows) {
    const bool tight = row.state == TargetState::kFull || row.state == TargetState::kWeak ||
                       row.state == TargetState::kShedding;
    const Tone tone = tight ? Tone::kWarning : Tone::kPlain;
    const bool out = row.state == TargetState::kDown || row.state == TargetState::kDrained;
    table.Row(
        {{row.name, Tone::kBold},
         {StateText(row), StateTone(row.state)},
         {Bar(row.utilisation, row.planned), tone},
         {Percent(row.utilisation), tone},
         {other && row.utilisation ? row.binding : ""},
         {PlanText(row.planned), row.planned.value_or(0) > 1 ? Tone::kBad : Tone::kPlain},
         {out ? "-" : Bitrate(row.headroom_mbps)},
         {row.state == TargetState::kFull || (!out && row.price_ms) ? PriceText(row.price_ms) : "-",
          tone},
         {row.feed, FeedTone(row.feed_state)}});
  }
  return table.ToString(paint);
}

std::string LimitTable(const Field& status, const Paint& paint) {
  Table table({{"SHARED LIMIT"},
               {"LOAD"},
               {"UTIL", Table::kRight},
               {"PLAN", Table::kRight},
               {"ROOM", Table::kRight},
               {"PRICE", Table::kRight},
               {"TARGETS"}});
  bool any = false;
  for (const Field& limit : status["limits"].MaybeItems()) {
    if (!limit["shared"].Bool()) continue;
    any = true;
    const double capacity = limit["capacity_mbps"].Number();
    const double load = limit["load_mbps"].Number(), planned = limit["planned_mbps"].Number();
    std::optional<double> part, planned_part;
    if (capacity > 0) part = load / capacity;
    if (capacity > 0) planned_part = planned / capacity;
    const std::optional<double> price = limit["price_ms"].MaybeNumber();
    const Tone tone = price.value_or(1) >= kPriceShownMs ? Tone::kWarning : Tone::kPlain;
    table.Row({{limit["name"].Text(), Tone::kBold},
               {Bar(part, planned_part), tone},
               {Percent(part), tone},
               {PlanText(planned_part), planned_part.value_or(0) > 1 ? Tone::kBad : Tone::kPlain},
               {Bitrate(limit["headroom"].Number())},
               {PriceText(price), tone},
               {FirstOf(limit["targets"].Items())}});
  }
  return any ? table.ToString(paint) : "";
}

std::string ServiceTable(const Field& status, const Paint& paint) {
  Table table({{"SERVICE"},
               {"SESSIONS", Table::kRight},
               {"STARTS/S", Table::kRight},
               {"EXPECTED", Table::kRight},
               {"ERROR", Table::kRight},
               {"MOVED", Table::kRight},
               {"CALM", Table::kRight},
               {"SHED", Table::kRight},
               {"DRAIN", Table::kRight},
               {"DOWN", Table::kRight},
               {"NAMES"}});
  for (const Field& service : status["services"].Items()) {
    const Field forecast = service["forecast"];
    std::string expected = Count(forecast["arrivals_expected"].MaybeNumber());
    if (!forecast.empty()) {
      absl::StrAppend(&expected, " (", Count(forecast["arrivals_q10"].MaybeNumber()), "-",
                      Count(forecast["arrivals_q90"].MaybeNumber()), ")");
    }
    const auto rows = [&](absl::string_view state, Tone tone) {
      const int64_t count = service["rows"][state].MaybeCount().value_or(0);
      return Table::Cell{count > 0 || state == "calm" ? absl::StrCat(count) : "", tone};
    };
    const double moved = service["moved"].MaybeNumber().value_or(0);
    table.Row({{service["name"].Text(), Tone::kBold},
               {Count(service["sessions"].MaybeNumber())},
               {Count(forecast["arrivals_now"].MaybeNumber())},
               {expected},
               {Percent(forecast["error"].MaybeNumber())},
               {moved >= 0.0005 ? Percent(moved) : ""},  // what rounds to 0.1 %
               rows("calm", Tone::kPlain),
               rows("shedding", Tone::kWarning),
               rows("draining", Tone::kWarning),
               rows("all-down", Tone::kBad),
               {FirstOf(service["names"].MaybeItems())}});
  }
  return table.ToString(paint);
}

}  // namespace spillway::cli
