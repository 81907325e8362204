#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "sim/scenario/scenario_file.h"
#include "sim/scenario/scenario_schema.h"

namespace spillway::sim {
namespace {

using policies::Diagnostics;
using policies::MapReader;
using policies::Node;

// What a kind of fault takes beside `kind`, `at` and `for`. Everything else would be read and mean
// nothing.
struct KindRule {
  Fault::Kind kind;
  bool targets = false, links = false, amount = false, factor = false, period = false;
  bool told = false;
  bool nodes = false;  // is about several
};
constexpr KindRule kRules[] = {
    {.kind = Fault::Kind::kLoss, .targets = true, .amount = true, .told = true},
    {.kind = Fault::Kind::kDead, .targets = true},
    {.kind = Fault::Kind::kLinkLoss, .links = true, .amount = true},
    {.kind = Fault::Kind::kFreeze, .targets = true},
    {.kind = Fault::Kind::kLow, .targets = true, .amount = true},
    {.kind = Fault::Kind::kStuck, .targets = true, .amount = true},
    {.kind = Fault::Kind::kFlap, .targets = true, .period = true},
    {.kind = Fault::Kind::kProbeFail, .targets = true},
    {.kind = Fault::Kind::kDrain, .targets = true},
    {.kind = Fault::Kind::kSurge, .factor = true},
    {.kind = Fault::Kind::kOutage},
    {.kind = Fault::Kind::kBusCut, .nodes = true},
    {.kind = Fault::Kind::kRestart, .period = true, .nodes = true},
};
static_assert(std::size(kRules) == static_cast<size_t>(Fault::Kind::kRestart) + 1);

std::string KindNames() {
  return absl::StrJoin(kRules, ", ", [](std::string* out, const KindRule& rule) {
    absl::StrAppend(out, FaultName(rule.kind));
  });
}

const KindRule* FindRule(absl::string_view name) {
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules),
                                  [&](const KindRule& r) { return FaultName(r.kind) == name; });
  return rule == std::end(kRules) ? nullptr : rule;
}

void AddNames(const MapReader& reader, absl::string_view key, std::vector<NamedWhere::Name>* out) {
  for (const Node* item : reader.Items(key)) out->push_back({item->text, item->place});
}

void CheckKeys(const MapReader& reader, const KindRule& rule, Diagnostics* diagnostics) {
  const struct {
    absl::string_view key;
    bool taken;
  } keys[] = {{"targets", rule.targets}, {"links", rule.links},   {"amount", rule.amount},
              {"factor", rule.factor},   {"period", rule.period}, {"told", rule.told}};
  std::string takes = "at, for";
  for (const auto& key : keys) {
    if (key.taken) absl::StrAppend(&takes, ", ", key.key);
  }
  for (const auto& key : keys) {
    if (!key.taken && reader.Has(key.key))
      diagnostics->Error(
          reader.PlaceOf(key.key),
          {.what = absl::StrCat("faults: `", FaultName(rule.kind), "` takes no `", key.key, "`"),
           .want = takes});
  }
}

void ReadFault(const Node& item, ScenarioFile* out, Diagnostics* diagnostics) {
  const MapReader reader(&item, *ScenarioSchema().Find("faults")->object);
  if (reader.Find("kind") == nullptr || reader.Find("at") == nullptr) return;  // reported
  const std::string name = reader.Get<std::string>("kind");
  const KindRule* rule = FindRule(name);
  if (rule == nullptr) {
    diagnostics->Error(reader.PlaceOf("kind"), {.what = "faults: no such kind",
                                                .want = absl::StrCat("one of ", KindNames()),
                                                .got = policies::Quoted(name)});
    return;
  }
  CheckKeys(reader, *rule, diagnostics);
  Fault fault{.kind = rule->kind};
  fault.from_s = absl::ToDoubleSeconds(reader.Get<absl::Duration>("at"));
  if (reader.Find("for") != nullptr)
    fault.until_s = fault.from_s + absl::ToDoubleSeconds(reader.Get<absl::Duration>("for"));
  fault.amount = reader.Get<double>(rule->factor ? "factor" : "amount");
  fault.period_s = absl::ToDoubleSeconds(reader.Get<absl::Duration>("period"));
  fault.told = reader.Get<std::string>("told") == "on";
  if (fault.from_s >= out->scenario.seconds)
    diagnostics->Error(reader.PlaceOf("at"),
                       {.what = "faults: begins when all is over",
                        .want = absl::StrCat("less than the length, ", out->scenario.seconds, "s"),
                        .got = absl::StrCat(fault.from_s, "s")});
  if (rule->nodes && out->scenario.nodes.count < 2)
    diagnostics->Error(reader.PlaceOf("kind"),
                       {.what = absl::StrCat("faults: `", name, "` needs several nodes"),
                        .want = "nodes: {count: 2} or more"});
  NamedWhere where{.place = item.place};
  if (reader.Find("targets") != nullptr) {
    AddNames(reader.Object("targets"), "tags", &where.tags);
    AddNames(reader.Object("targets"), "targets", &where.targets);
  }
  AddNames(reader, "links", &where.links);
  if (rule->links && where.links.empty())
    diagnostics->Error(item.place,
                       {.what = "faults: `link-loss` names no link", .want = "links: [NAME]"});
  out->scenario.faults.push_back(fault);
  out->wheres.push_back(std::move(where));
}

}  // namespace

void ReadFaults(const MapReader& root, ScenarioFile* out, Diagnostics* diagnostics) {
  for (const Node* item : root.Items("faults")) ReadFault(*item, out, diagnostics);
  Scenario& scenario = out->scenario;
  double first = scenario.faults.empty() ? 0 : scenario.seconds;
  for (const Fault& fault : scenario.faults) first = std::min(first, fault.from_s);
  scenario.fault_at_s = absl::ToDoubleSeconds(root.GetOr("trouble_at", absl::Seconds(first)));
}

}  // namespace spillway::sim
