#include "policies/compile.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policies/schema.h"
#include "policies/schema_check.h"

namespace spillway::policies {
namespace {

void CompileGuards(const Node& root, Policy* policy, Diagnostics* diagnostics) {
  MapReader guards = MapReader(&root, PolicySchema()).Object("guards");
  policy->guards.max_shift_per_minute = guards.Get<double>("max_shift_per_minute");
  policy->guards.min_targets_per_group =
      static_cast<int>(guards.Get<int64_t>("min_targets_per_group"));
  policy->guards.max_drained_capacity = guards.Get<double>("max_drained_capacity");
  for (const Node* item : guards.Items("freeze")) {
    MapReader freeze(item, *PolicySchema().Find("guards")->object->Find("freeze")->object);
    const Node* from = freeze.Find("from");
    const Node* to = freeze.Find("to");
    if (from == nullptr || to == nullptr) continue;
    Guards::Freeze span{std::get<absl::Time>(from->value), std::get<absl::Time>(to->value)};
    if (span.from >= span.to) {
      diagnostics->Error(to->place, {.what = "guards.freeze: ends before it begins",
                                     .want = absl::StrCat("a time after ", from->text),
                                     .got = to->text});
      continue;
    }
    policy->guards.freezes.push_back(span);
  }
}

KeyReference KeyOf(const MapReader& map, const Diagnostics& diagnostics) {
  const Node* key = map.Find("key");
  if (key == nullptr) return {};
  return {std::get<std::string>(key->value), diagnostics.Describe(key->place)};
}

void CompileTransfers(const MapReader& dns, Policy* policy, Diagnostics* diagnostics) {
  const MapReader transfers = dns.Object("transfers");
  for (const Node* prefix : transfers.Items("allow"))
    policy->transfers.allow.push_back(std::get<IpPrefix>(prefix->value));
  policy->transfers.key = KeyOf(transfers, *diagnostics);
  const bool given = transfers.Has("allow") || transfers.Has("key");
  if (dns.Has("transfers") && !given) {
    diagnostics->Error(dns.PlaceOf("transfers"),
                       {.what = "dns.transfers: allows nobody", .want = "allow, key, or both"});
  }
  for (const Node* item : dns.Items("notify")) {
    const MapReader notify(item, *PolicySchema().Find("dns")->object->Find("notify")->object);
    const Node* to = notify.Find("to");
    if (to == nullptr) continue;
    policy->transfers.notify.push_back(
        {std::get<Endpoint>(to->value), KeyOf(notify, *diagnostics)});
  }
  if (dns.Has("notify") && !dns.Has("transfers")) {
    diagnostics->Error(dns.PlaceOf("notify"),
                       {.what = "dns.notify: tells secondaries that may not copy",
                        .want = "dns.transfers as well"});
  }
}

void CompileDns(const Node& root, Policy* policy, Diagnostics* diagnostics) {
  MapReader dns = MapReader(&root, PolicySchema()).Object("dns");
  CompileTransfers(dns, policy, diagnostics);
  for (const Node* name : dns.Items("nameservers")) {
    policy->implicit_zone.nameservers.push_back(std::get<std::string>(name->value));
  }
  policy->implicit_zone.contact = dns.Get<std::string>("contact");
}

void CheckUse(const Symbols& symbols, Diagnostics* diagnostics) {
  for (const Declaration& target : symbols.targets) {
    if (target.used || target.key->bad) continue;
    diagnostics->Warning(target.key->place, {.what = absl::StrCat("targets.", target.key->text,
                                                                  ": no service uses it")});
  }
  for (const Declaration& group : symbols.groups) {
    // A group with a place of its own has done its work: it corrects the geo database.
    if (group.used || group.key->bad || group.body->Find("at") != nullptr) continue;
    diagnostics->Warning(group.key->place,
                         {.what = absl::StrCat("groups.", group.key->text,
                                               ": no fence, event or other group uses it")});
  }
}

template <typename T>
void NameAll(const std::vector<Declaration>& declared, std::vector<T>* out) {
  out->resize(declared.size());
  for (size_t i = 0; i < declared.size(); ++i) (*out)[i].name = declared[i].key->text;
}

}  // namespace

Policy CompilePolicy(const Node& root, Diagnostics* diagnostics) {
  Symbols symbols(root, diagnostics);
  Policy policy;
  NameAll(symbols.targets, &policy.targets);
  NameAll(symbols.groups, &policy.groups);
  NameAll(symbols.services, &policy.services);
  CompileGuards(root, &policy, diagnostics);
  CompileDns(root, &policy, diagnostics);
  CompileTargets(symbols, &policy, diagnostics);
  CompileGroups(&symbols, &policy, diagnostics);
  CompileServices(&symbols, &policy, diagnostics);
  CompileLimits(root.Find("limits"), &symbols, &policy, diagnostics);
  CompileEvents(root.Find("events"), &symbols, &policy, diagnostics);
  CheckNames(symbols, policy, diagnostics);
  // With errors, much seems unused that is only misspelt.
  if (diagnostics->errors() == 0) CheckUse(symbols, diagnostics);
  return policy;
}

}  // namespace spillway::policies
