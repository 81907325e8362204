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

// "12.0 + 2.0 + 0.0": round trip, price, penalty.
std::string CostParts(const Field& cost) {
  if (cost.empty()) return "-";
  return absl::StrCat(Milliseconds(cost["rtt_ms"].MaybeNumber()), " + ",
                      Milliseconds(cost["price_ms"].MaybeNumber()), " + ",
                      Milliseconds(cost["penalty_ms"].MaybeNumber()));
}

// "fresh 0.4s push", "none".
std::string FeedCell(const Field& feed) {
  std::string out = feed["state"].Text();
  if (out == "none") return out;
  absl::StrAppend(&out, " ", Age(feed["age_s"].MaybeNumber()));
  std::string source = feed["source"].TextOr("");
  return source.empty() ? out : absl::StrCat(out, " ", source);
}

// "up 1.2s", "-" when the target has no probes.
std::string ProbeCell(const Field& probe) {
  std::string health = probe["health"].TextOr("unknown");
  std::optional<double> age = probe["age_s"].MaybeNumber();
  if (health == "unknown" && !age) return "-";
  return absl::StrCat(health, " ", Age(age));
}

Tone HealthTone(absl::string_view cell) {
  return absl::StartsWith(cell, "down") || absl::StartsWith(cell, "frozen") ? Tone::kBad
                                                                            : Tone::kPlain;
}

std::string CandidateTable(const std::vector<Field>& candidates, absl::string_view chosen,
                           const Paint& paint) {
  Table table({{""},
               {"CANDIDATE"},
               {"VERDICT"},
               {"SHARE", Table::kRight},
               {"COST", Table::kRight},
               {"= RTT + PRICE + PENALTY", Table::kRight},
               {"WEIGHT", Table::kRight},
               {"UTIL", Table::kRight},
               {"OF"},
               {"ROOM", Table::kRight},
               {"ACCEPT", Table::kRight},
               {"FEED"},
               {"PROBE"},
               {"DRAIN"}});
  for (const Field& candidate : candidates) {
    std::string name = candidate["target"].Text(), verdict = candidate["verdict"].Text();
    const VerdictSpec* spec = FindVerdict(verdict);
    std::optional<double> utilisation = candidate["utilisation"].MaybeNumber();
    std::string feed = FeedCell(candidate["feed"]), probe = ProbeCell(candidate["probe"]);
    std::optional<double> weight = candidate["weight"].MaybeNumber();
    table.Row({{name == chosen ? ">" : ""},
               {name, name == chosen ? Tone::kBold : Tone::kPlain},
               {verdict, spec ? spec->tone : Tone::kPlain},
               {Percent(candidate["share"].MaybeNumber())},
               {Milliseconds(candidate["cost_ms"].MaybeNumber())},
               {CostParts(candidate["cost"]), Tone::kDim},
               {weight ? absl::StrCat(*weight) : "-"},
               {Percent(utilisation)},
               {utilisation ? candidate["binding"].TextOr("") : ""},
               {Bitrate(candidate["headroom_mbps"].MaybeNumber())},
               {Percent(candidate["accept"].MaybeNumber())},
               {feed, HealthTone(feed)},
               {probe, HealthTone(probe)},
               {DrainText(candidate["drain"], std::nullopt), Tone::kWarning}});
  }
  return table.ToString(paint);
}

// What the verdicts in the table mean, each once.
std::string Legend(const std::vector<Field>& candidates, const Paint& paint) {
  std::string out;
  for (const VerdictSpec& spec : Verdicts()) {
    bool seen = std::any_of(candidates.begin(), candidates.end(), [&](const Field& candidate) {
      return candidate["verdict"].Text() == spec.name;
    });
    if (!seen) continue;
    absl::StrAppend(&out, paint(spec.tone, PadRight(spec.name, 12)), Wrap(spec.doc, 12), "\n");
  }
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
      Legend(candidates, paint),
      paint(Tone::kDim, "costs in ms, lower is better; ages are since the measurement"), "\n");
  if (!answer.status().ok()) return answer.status();
  return out;
}

}  // namespace spillway::cli
