#include "apps/cli/diff_view.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "apps/cli/help.h"
#include "apps/cli/table.h"
#include "base/json_writer.h"
#include "base/units.h"
#include "sim/report/evening.h"
#include "sim/score.h"

namespace spillway::cli {
namespace {

using sim::PolicyChange;
using sim::PolicyDiff;

constexpr size_t kMovesShown = 20, kTargetsShown = 20;
// Rounding to cells moves less than this.
constexpr double kViewersMin = 0.5;

std::string Utilisation(double u) { return u < 0 ? "-" : absl::StrFormat("%.1f %%", u * 100); }

absl::string_view KindName(PolicyChange::Kind kind) {
  constexpr absl::string_view kNames[] = {"added", "removed", "changed"};
  return kNames[static_cast<size_t>(kind)];
}

std::string TargetsText(const PolicyDiff& diff, const Paint& paint) {
  Table table({{"TARGET"},
               {"BEFORE", Table::kRight},
               {"AFTER", Table::kRight},
               {"WATERMARK", Table::kRight},
               {"GAINS", Table::kRight},
               {""}});
  size_t shown = 0, left_out = 0;
  for (const PolicyDiff::TargetLoad& load : diff.targets) {
    const bool above = load.after > load.watermark_after + sim::kWatermarkSlack;
    const bool same = std::abs(load.moved_mbps) < 1 && load.before >= 0 && load.after >= 0;
    if (shown >= kTargetsShown || (same && !above && shown > 3)) {
      ++left_out;
      continue;
    }
    ++shown;
    table.Row({{load.name},
               {Utilisation(load.before)},
               {Utilisation(load.after), load.after > 1 ? Tone::kBad
                                         : above        ? Tone::kWarning
                                                        : Tone::kPlain},
               {absl::StrFormat("%.0f %%", load.watermark_after * 100)},
               {same ? "-"
                     : absl::StrCat(load.moved_mbps < 0 ? "-" : "+",
                                    FormatBitrate(std::abs(load.moved_mbps)))},
               {load.before < 0  ? "new"
                : load.after < 0 ? "removed"
                : above          ? "above its watermark"
                                 : ""}});
  }
  std::string out = table.ToString(paint);
  if (left_out > 0) absl::StrAppend(&out, "and ", left_out, " more\n");
  return out;
}

std::string MoveTable(const PolicyDiff& diff, const Paint& paint) {
  Table table({{"CLIENTS"},
               {"SERVICE"},
               {"SHARE", Table::kRight},
               {"VIEWERS", Table::kRight},
               {"FROM"},
               {"TO"}});
  size_t left_out = 0, shown = 0;
  for (const PolicyDiff::Move& move : diff.moves) {
    if (move.viewers < kViewersMin) continue;
    if (++shown > kMovesShown) {
      ++left_out;
      continue;
    }
    table.Row({{move.clients},
               {move.service},
               {absl::StrFormat("%.1f %%", move.share * 100)},
               {FormatCount(std::round(move.viewers))},
               {move.from},
               {move.to}});
  }
  if (shown == 0) return "";
  std::string out = absl::StrCat("\n", table.ToString(paint));
  if (left_out > 0) absl::StrAppend(&out, "and ", left_out, " smaller moves: --json\n");
  return out;
}

}  // namespace

std::string ChangesText(const std::vector<PolicyChange>& changes, const Paint& paint) {
  if (changes.empty()) return "the policies say the same\n";
  std::string out;
  for (const PolicyChange& change : changes) {
    const Tone tone = change.kind == PolicyChange::Kind::kAdded     ? Tone::kGood
                      : change.kind == PolicyChange::Kind::kRemoved ? Tone::kBad
                                                                    : Tone::kWarning;
    absl::StrAppend(&out, paint(tone, PadRight(KindName(change.kind), 7)), "  ",
                    Printable(change.object), "\n");
    for (const std::string& detail : change.details)
      absl::StrAppend(&out, "           ", Wrap(Printable(detail), 13, 100), "\n");
  }
  return out;
}

std::string MovesText(const PolicyDiff& diff, const Paint& paint) {
  const sim::Steady& was = diff.before;
  const sim::Steady& is = diff.after;
  std::string out = absl::StrFormat("\n%s of %s viewers at %s would go elsewhere (%.1f %%)\n",
                                    FormatCount(std::round(diff.moved * diff.viewers)),
                                    FormatCount(std::round(diff.viewers)),
                                    sim::Clock(static_cast<int>(diff.at_s)), diff.moved * 100);
  absl::StrAppend(
      &out, absl::StrFormat("round trip %.1f ms before, %.1f ms after; price %.3f before, %.3f "
                            "after\n",
                            was.rtt_ms, is.rtt_ms, was.price, is.price));
  if (was.refused > 1e-6 || is.refused > 1e-6)
    absl::StrAppend(&out, absl::StrFormat("fits nowhere: %.1f %% of demand before, %.1f %% after\n",
                                          was.refused * 100, is.refused * 100));
  for (const sim::Steady* steady : {&was, &is}) {
    if (!steady->stands_still)
      absl::StrAppend(&out, "shares under ", steady == &was ? "A" : "B", " still moved after ",
                      sim::Span(steady->ticks), ": what is told of it is not its end\n");
  }
  absl::StrAppend(&out, MoveTable(diff, paint), "\n", TargetsText(diff, paint));
  return out;
}

std::string DiffJson(const std::vector<PolicyChange>& changes, const PolicyDiff* diff) {
  JsonWriter w;
  w.BeginObject().Key("changes").BeginArray();
  for (const PolicyChange& change : changes) {
    w.BeginObject().Key("kind").String(KindName(change.kind)).Key("object").String(change.object);
    w.Key("details").BeginArray();
    for (const std::string& detail : change.details) w.String(detail);
    w.EndArray().EndObject();
  }
  w.EndArray();
  if (diff != nullptr) {
    w.Key("at_s").Double(diff->at_s).Key("viewers").Double(std::round(diff->viewers));
    w.Key("moved").Double(diff->moved);
    for (const sim::Steady* steady : {&diff->before, &diff->after}) {
      w.Key(steady == &diff->before ? "before" : "after").BeginObject();
      w.Key("rtt_ms").Double(steady->rtt_ms).Key("price").Double(steady->price);
      w.Key("refused").Double(steady->refused).Key("ticks").Int(steady->ticks);
      w.Key("stands_still").Bool(steady->stands_still).EndObject();
    }
    w.Key("moves").BeginArray();
    for (const PolicyDiff::Move& move : diff->moves) {
      w.BeginObject().Key("clients").String(move.clients).Key("service").String(move.service);
      w.Key("from").String(move.from).Key("to").String(move.to);
      w.Key("viewers").Double(move.viewers).Key("share").Double(move.share).EndObject();
    }
    w.EndArray().Key("targets").BeginArray();
    for (const PolicyDiff::TargetLoad& load : diff->targets) {
      w.BeginObject().Key("name").String(load.name).Key("before");
      load.before < 0 ? w.Null() : w.Double(load.before);
      w.Key("after");
      load.after < 0 ? w.Null() : w.Double(load.after);
      w.Key("watermark").Double(load.watermark_after);
      w.Key("gains_mbps").Double(load.moved_mbps).EndObject();
    }
    w.EndArray();
  }
  w.EndObject();
  return absl::StrCat(w.text(), "\n");
}

}  // namespace spillway::cli
