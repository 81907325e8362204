#include "apps/cli/explain_view.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "apps/cli/drain_text.h"
#include "apps/cli/help.h"
#include "apps/cli/table.h"
#include "apps/cli/verdict.h"

namespace spillway::cli {
namespace {

// "... goes to ams1 because ams1 is the cheapest with room."
std::string Sentence(const Field& explain, absl::string_view asked, const Paint& paint) {
  std::string rule = explain["rule"].Text();
  absl::string_view reason = absl::StripSuffix(absl::StripAsciiWhitespace(rule), ".");
  constexpr absl::string_view kBecause = "because ";
  if (absl::StartsWithIgnoreCase(reason, kBecause)) reason.remove_prefix(kBecause.size());
  return absl::StrCat(explain["client"].Text(), " (", explain["group"].Text(), ") asking ",
                      Printable(asked), " goes to ",
                      paint(Tone::kBold, explain["target"].TextOr("no target")),
                      reason.empty() ? "" : " because ", reason, ".\n");
}

std::string AnswerLine(const Field& answer) {
  std::vector<std::string> parts;
  std::vector<std::string> addresses;
  for (const Field& address : answer["addresses"].MaybeItems()) addresses.push_back(address.Text());
  if (!addresses.empty()) parts.push_back(absl::StrJoin(addresses, ", "));
  if (std::string cname = answer["cname"].TextOr(""); !cname.empty()) {
    parts.push_back(absl::StrCat("CNAME ", cname));
  }
  if (std::string location = answer["location"].TextOr(""); !location.empty()) {
    parts.push_back(absl::StrCat("302 to ", location));
  }
  return parts.empty() ? "none" : absl::StrJoin(parts, "; ");
}

std::string GroupLine(const Field& explain) {
  std::string out = explain["group"].Text();
  std::string country = explain["country"].TextOr("");
  absl::StrAppend(&out, ": ",
                  country.empty() ? "country unknown" : absl::StrCat("country ", country));
  std::vector<std::string> labels;
  for (const Field& label : explain["labels"].MaybeItems()) labels.push_back(label.Text());
  if (!labels.empty()) absl::StrAppend(&out, ", in ", absl::StrJoin(labels, ", "));
  if (std::optional<int64_t> bits = explain["group_bits"].MaybeCount()) {
    absl::StrAppend(&out, "; told by the first ", Plural(*bits, "bit"), " of the address");
    std::optional<int64_t> source = explain["source_bits"].MaybeCount();
    if (source && *source < *bits) {
      absl::StrAppend(&out, ", of which the question gave only ", *source);
    }
  }
  return out;
}

std::string CellLine(const Field& explain) {
  if (explain["cell"].empty()) return "the whole group gets one answer";
  return absl::StrCat(explain["cell"].Count(), " of ", explain["cells"].Count(),
                      " (a hash of the client's prefix picks it; cells are what moves)");
}

std::string Facts(const Field& explain) {
  Field plan = explain["plan"];
  std::string plan_line = "none yet";
  if (!plan.empty()) {
    plan_line = absl::StrCat("#", plan["generation"].Count(), ", made ",
                             Age(plan["age_s"].MaybeNumber()), " ago");
  }
  std::string state = explain["row_state"].Text();
  if (state == "all-down") {
    state = "all-down: every target is unhealthy, answers go by static weights";
  }
  const std::pair<absl::string_view, std::string> lines[] = {
      {"answer", AnswerLine(explain["answer"])},
      {"service", absl::StrCat(explain["service"].Text(), ", ", state)},
      {"group", GroupLine(explain)},
      {"cell", CellLine(explain)},
      {"scope",
       absl::StrCat("/", explain["scope_bits"].Count(), ", TTL ", Age(explain["ttl_s"].Number()))},
      {"plan", plan_line},
  };
  std::string out;
  for (const auto& [word, text] : lines) absl::StrAppend(&out, PadRight(word, 9), text, "\n");
  return out;
}

// "12.0+2.0+0.0": round trip, money, penalty.
std::string CostParts(const Field& cost) {
  if (cost.empty()) return "-";
  return absl::StrCat(Milliseconds(cost["rtt_ms"].MaybeNumber()), "+",
                      Milliseconds(cost["price_ms"].MaybeNumber()), "+",
                      Milliseconds(cost["penalty_ms"].MaybeNumber()));
}

// "fresh 0.4s edge-agent, probe down".
std::string FeedCell(const Field& candidate) {
  const Field feed = candidate["feed"], probe = candidate["probe"];
  std::string out = feed["state"].Text();
  if (out != "none") {
    absl::StrAppend(&out, " ", Age(feed["age_s"].MaybeNumber()));
    const std::string source = feed["source"].TextOr("");
    if (!source.empty()) absl::StrAppend(&out, " ", source);
  }
  const std::string health = probe["health"].TextOr("unknown");
  if (health == "unknown") return out == "none" ? "none, no probe" : out;
  // A probe that agrees with a fresh report adds nothing.
  if (health == "up" && absl::StartsWith(out, "fresh")) return out;
  return absl::StrCat(out, ", probe ", health, " ", Age(probe["age_s"].MaybeNumber()));
}

Tone FeedTone(absl::string_view cell) {
  const bool bad = absl::StrContains(cell, "probe down") || absl::StartsWith(cell, "frozen");
  return bad ? Tone::kBad : Tone::kPlain;
}

bool IsOut(const Field& candidate) {
  return !candidate["up"].BoolOr(true) || !candidate["drain"].empty();
}

// "closed" when nobody gets in at any price; "" = no price on it.
std::string PriceCell(const Field& candidate) {
  const Field price = candidate["service_price_ms"];
  if (price.empty()) return !IsOut(candidate) && !candidate["limit"].empty() ? "closed" : "";
  const std::string text = Milliseconds(price.MaybeNumber());
  return text == "0.0" ? "" : text;
}

// The guard or pace that bit, else the limit that has the price.
std::string HeldCell(const Field& candidate, absl::string_view price) {
  const std::string held = candidate["held"].TextOr("none");
  if (held != "none") return held;
  return price.empty() ? "" : candidate["limit"].TextOr("");
}

// Not named when it is the same for all.
bool WeightsDiffer(const std::vector<Field>& candidates) {
  return std::any_of(candidates.begin(), candidates.end(), [&](const Field& candidate) {
    return candidate["weight"].MaybeNumber() != candidates[0]["weight"].MaybeNumber();
  });
}

std::string CandidateTable(const std::vector<Field>& candidates, absl::string_view chosen,
                           const Paint& paint) {
  Table table({{""},
               {"CANDIDATE"},
               {"VERDICT"},
               {"SHARE", Table::kRight},
               {"RTT+MONEY+PENALTY", Table::kRight},
               {"COST", Table::kRight},
               {"PRICE", Table::kRight},
               {"TOTAL", Table::kRight},
               {"WEIGHT", Table::kRight},
               {"UTIL", Table::kRight},
               {"ROOM", Table::kRight},
               {"HELD BY"},
               {"FEED"}});
  const bool weights = WeightsDiffer(candidates);
  for (const Field& candidate : candidates) {
    const std::string name = candidate["target"].Text(), verdict = candidate["verdict"].Text();
    const VerdictSpec* spec = FindVerdict(verdict);
    const std::optional<double> weight = candidate["weight"].MaybeNumber();
    const std::string feed = FeedCell(candidate), price = PriceCell(candidate);
    table.Row(
        {{name == chosen ? ">" : ""},
         {name, name == chosen ? Tone::kBold : Tone::kPlain},
         {verdict, spec ? spec->tone : Tone::kPlain},
         {Percent(candidate["share"].MaybeNumber())},
         {CostParts(candidate["cost"]), Tone::kDim},
         {Milliseconds(candidate["cost_ms"].MaybeNumber())},
         {price, Tone::kWarning},
         {price.empty() || price == "closed" ? ""
                                             : Milliseconds(candidate["total_ms"].MaybeNumber())},
         {weights && weight ? absl::StrCat(*weight) : ""},
         {Percent(candidate["utilisation"].MaybeNumber())},
         {IsOut(candidate) ? "-" : Bitrate(candidate["headroom_mbps"].MaybeNumber())},
         {HeldCell(candidate, price)},
         {feed, FeedTone(feed)}});
  }
  return table.ToString(paint);
}

std::string Drains(const std::vector<Field>& candidates, const Paint& paint) {
  std::string out;
  for (const Field& candidate : candidates) {
    const std::string drain = DrainText(candidate["drain"], std::nullopt);
    if (drain.empty()) continue;
    absl::StrAppend(&out,
                    paint(Tone::kWarning,
                          absl::StrCat("! ", candidate["target"].Text(), " is drained by ", drain)),
                    "\n");
  }
  return out.empty() ? out : out + "\n";
}

// What the words in the table mean, each once.
std::string Legend(const std::vector<Field>& candidates, const Paint& paint) {
  std::string out;
  const auto explain = [&](absl::Span<const VerdictSpec> words, absl::string_view key) {
    for (const VerdictSpec& spec : words) {
      const auto says = [&](const Field& c) { return c[key].TextOr("") == spec.name; };
      if (!std::any_of(candidates.begin(), candidates.end(), says)) continue;
      absl::StrAppend(&out, paint(spec.tone, PadRight(spec.name, 12)), Wrap(spec.doc, 12), "\n");
    }
  };
  explain(Verdicts(), "verdict");
  explain(HeldWords(), "held");
  return out;
}

}  // namespace

absl::StatusOr<std::string> ExplainText(Answer& answer, absl::string_view asked,
                                        const Paint& paint) {
  Field explain = answer.root();
  std::vector<Field> candidates = explain["candidates"].Items();
  std::string out = absl::StrCat(
      Sentence(explain, asked, paint), "\n", Facts(explain), "\n",
      CandidateTable(candidates, explain["target"].TextOr(""), paint), "\n",
      Drains(candidates, paint), Legend(candidates, paint),
      paint(Tone::kDim,
            "costs and prices in ms, the lowest total wins; ages are since the measurement"),
      "\n");
  if (!answer.status().ok()) return answer.status();
  return out;
}

}  // namespace spillway::cli
