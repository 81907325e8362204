#include "sim/report/policy_changes.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/units.h"

namespace spillway::sim {
namespace {

// Key of an object: where it stands in the listing, then its name.
using ObjectKey = std::pair<int, std::string>;
using Fields = std::vector<std::pair<std::string, std::string>>;
using Objects = std::map<ObjectKey, Fields>;
enum Order { kTarget, kGroup, kLimit, kService, kFence, kEvent, kGuards, kDns };

std::string Amount(Resource r, double value) {
  if (r == Resource::kEgress) return FormatBitrate(value);
  return absl::StrCat(FormatCount(value), r == Resource::kSessions ? "" : "/s");
}
std::string Number(double value) { return absl::StrFormat("%.6g", value); }
std::string Place(const std::optional<GeoPoint>& at) {
  return at ? absl::StrFormat("%.2f, %.2f", at->lat, at->lon) : "";
}

std::string ProbeText(const ProbeSpec& probe) {
  return absl::StrCat(probe.kind == ProbeSpec::Kind::kHttp ? probe.url : probe.endpoint.ToString(),
                      " every ", absl::FormatDuration(probe.interval), ", timeout ",
                      absl::FormatDuration(probe.timeout), ", rise ", probe.rise, ", fall ",
                      probe.fall);
}

void AddTargets(const Policy& policy, Objects* objects) {
  for (const Target& target : policy.targets) {
    Fields& fields = (*objects)[{kTarget, absl::StrCat("target ", target.name)}];
    for (const Resource r : kResources) {
      if (target.capacity.has(r))
        fields.emplace_back(absl::StrCat("capacity ", ResourceName(r)),
                            Amount(r, target.capacity[r]));
    }
    std::vector<std::string> addresses, probes;
    for (const IpAddress& address : target.addresses_v4) addresses.push_back(address.ToString());
    for (const IpAddress& address : target.addresses_v6) addresses.push_back(address.ToString());
    for (const ProbeSpec& probe : target.probes) probes.push_back(ProbeText(probe));
    fields.emplace_back("at", Place(target.location));
    fields.emplace_back("cost", Number(target.cost));
    fields.emplace_back("commit", target.commit_mbps > 0 ? FormatBitrate(target.commit_mbps) : "");
    fields.emplace_back("tags", absl::StrJoin(target.tags, ", "));
    fields.emplace_back("addresses", absl::StrJoin(addresses, ", "));
    fields.emplace_back("cname", target.cname);
    fields.emplace_back("host", target.host);
    fields.emplace_back("scheme", target.scheme);
    fields.emplace_back("probes", absl::StrJoin(probes, "; "));
  }
}

std::string Names(const std::vector<TargetId>& targets, const Policy& policy) {
  return absl::StrJoin(targets, ", ", [&](std::string* out, TargetId id) {
    absl::StrAppend(out, policy.target(id).name);
  });
}

void AddGroupsAndLimits(const Policy& policy, Objects* objects) {
  for (const NamedGroup& group : policy.groups) {
    std::vector<std::string> prefixes;
    for (const IpPrefix& prefix : group.prefixes) prefixes.push_back(prefix.ToString());
    (*objects)[{kGroup, absl::StrCat("group ", group.name)}] = {
        {"country", absl::StrJoin(group.countries, ", ")},
        {"asn", absl::StrJoin(group.asns, ", ")},
        {"prefix", absl::StrJoin(prefixes, ", ")},
        {"at", Place(group.location)}};
  }
  for (const SharedLimit& limit : policy.limits) {
    (*objects)[{kLimit, absl::StrCat("limit ", limit.name)}] = {
        {"egress", FormatBitrate(limit.egress_mbps)}, {"targets", Names(limit.targets, policy)}};
  }
}

void AddCandidates(const Service& service, const Policy& policy, Fields* fields) {
  for (const Candidate& candidate : service.candidates) {
    std::string how = "yes";
    if (candidate.penalty_ms != 0)
      how = absl::StrCat("with a penalty of ", Number(candidate.penalty_ms), " ms");
    if (candidate.weight != 1) absl::StrAppend(&how, ", weight ", Number(candidate.weight));
    fields->emplace_back(absl::StrCat("candidate ", policy.target(candidate.target).name), how);
  }
}

void AddServices(const Policy& policy, Objects* objects) {
  for (const Service& service : policy.services) {
    std::vector<std::string> ladder;
    for (const double step : service.ladder) ladder.push_back(FormatFraction(step));
    Fields& fields = (*objects)[{kService, absl::StrCat("service ", service.name)}];
    fields = {{"names", absl::StrJoin(service.dns_names, ", ")},
              {"name patterns", absl::StrJoin(service.name_patterns, ", ")},
              {"hosts", absl::StrJoin(service.hosts, ", ")},
              {"host patterns", absl::StrJoin(service.host_patterns, ", ")},
              {"paths", absl::StrJoin(service.path_patterns, ", ")},
              {"answer", service.answer == AnswerForm::kCname ? "cname" : "addresses"},
              {"class", std::string(ServiceClassName(service.service_class))},
              {"bitrate", FormatBitrate(service.bitrate_mbps)},
              {"session", absl::FormatDuration(service.session)},
              {"ladder", absl::StrJoin(ladder, ", ")},
              {"waiting room", service.waiting_room ? "yes" : ""},
              {"ttl", absl::StrCat(absl::FormatDuration(service.ttl.calm), " calm, ",
                                   absl::FormatDuration(service.ttl.shedding), " shedding, ",
                                   absl::FormatDuration(service.ttl.draining), " draining")},
              {"watermark", absl::StrCat("shed from ", FormatFraction(service.watermark.shed_from),
                                         ", target ", FormatFraction(service.watermark.target),
                                         ", hard ", FormatFraction(service.watermark.hard))},
              {"distance factor", Number(service.distance_factor)},
              {"price", absl::StrCat(Number(service.price_ms), " ms")}};
    AddCandidates(service, policy, &fields);
    for (const Fence& fence : service.fences) {
      (*objects)[{kFence, absl::StrCat("fence of ", service.name, " for ",
                                       policy.group(fence.group).name)}] = {
          {"only", Names(fence.allowed, policy)}};
    }
  }
}

void AddEventsAndGuards(const Policy& policy, Objects* objects) {
  for (const Event& event : policy.events) {
    Fields& fields =
        (*objects)[{kEvent, absl::StrCat("event of ", policy.service(event.service).name)}];
    fields = {{"start", absl::FormatTime(absl::RFC3339_sec, event.start, absl::UTCTimeZone())},
              {"ramp", absl::FormatDuration(event.ramp)},
              {"peak", event.peak_world > 0 ? FormatCount(event.peak_world) : ""}};
    for (const Event::Share& share : event.shares)
      fields.emplace_back(
          absl::StrCat("peak of ",
                       share.country.empty() ? policy.group(share.group).name : share.country),
          FormatCount(share.peak));
  }
  std::vector<std::string> freezes;
  for (const Guards::Freeze& freeze : policy.guards.freezes)
    freezes.push_back(
        absl::StrCat(absl::FormatTime(absl::RFC3339_sec, freeze.from, absl::UTCTimeZone()), " to ",
                     absl::FormatTime(absl::RFC3339_sec, freeze.to, absl::UTCTimeZone())));
  (*objects)[{kGuards, "guards"}] = {
      {"max_shift_per_minute", FormatFraction(policy.guards.max_shift_per_minute)},
      {"min_targets_per_group", absl::StrCat(policy.guards.min_targets_per_group)},
      {"max_drained_capacity", FormatFraction(policy.guards.max_drained_capacity)},
      {"freeze", absl::StrJoin(freezes, ", ")}};
}

void AddDns(const Policy& policy, Objects* objects) {
  const auto keyed = [](std::string text, const KeyReference& key) {
    if (!key.name.empty()) absl::StrAppend(&text, " with key ", key.name);
    return text;
  };
  std::vector<std::string> allow, notify;
  for (const IpPrefix& prefix : policy.transfers.allow) allow.push_back(prefix.ToString());
  for (const TransferPolicy::Notify& to : policy.transfers.notify)
    notify.push_back(keyed(to.to.ToString(), to.key));
  (*objects)[{kDns, "dns"}] = {
      {"nameservers", absl::StrJoin(policy.implicit_zone.nameservers, ", ")},
      {"contact", policy.implicit_zone.contact},
      {"transfers to", absl::StrJoin(allow, ", ")},
      {"transfers with key", policy.transfers.key.name},
      {"notify", absl::StrJoin(notify, ", ")}};
}

Objects ObjectsOf(const Policy& policy) {
  Objects objects;
  AddTargets(policy, &objects);
  AddGroupsAndLimits(policy, &objects);
  AddServices(policy, &objects);
  AddEventsAndGuards(policy, &objects);
  AddDns(policy, &objects);
  return objects;
}

std::vector<std::string> Listed(const Fields& fields) {
  std::vector<std::string> details;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) details.push_back(absl::StrCat(name, ": ", value));
  }
  return details;
}

std::vector<std::string> Differing(const Fields& before, const Fields& after) {
  const std::map<std::string, std::string> was(before.begin(), before.end()),
      is(after.begin(), after.end());
  std::vector<std::string> details;
  auto at = [](const std::map<std::string, std::string>& fields, const std::string& name) {
    const auto it = fields.find(name);
    return it == fields.end() || it->second.empty() ? std::string("none") : it->second;
  };
  auto compare = [&](const std::string& name) {
    const std::string old_text = at(was, name), new_text = at(is, name);
    if (old_text != new_text)
      details.push_back(absl::StrCat(name, ": ", old_text, " -> ", new_text));
  };
  for (const auto& field : before) compare(field.first);
  for (const auto& field : after) {
    if (was.find(field.first) == was.end()) compare(field.first);
  }
  return details;
}

}  // namespace

std::vector<PolicyChange> ComparePolicies(const Policy& before, const Policy& after) {
  const Objects was = ObjectsOf(before), is = ObjectsOf(after);
  std::map<ObjectKey, PolicyChange> changes;
  for (const auto& [key, fields] : was) {
    const auto it = is.find(key);
    if (it == is.end()) {
      changes[key] = {PolicyChange::Kind::kRemoved, key.second, {}};
      continue;
    }
    std::vector<std::string> details = Differing(fields, it->second);
    if (!details.empty())
      changes[key] = {PolicyChange::Kind::kChanged, key.second, std::move(details)};
  }
  for (const auto& [key, fields] : is) {
    if (was.find(key) == was.end())
      changes[key] = {PolicyChange::Kind::kAdded, key.second, Listed(fields)};
  }
  std::vector<PolicyChange> out;
  for (auto& [key, change] : changes) out.push_back(std::move(change));
  return out;
}

}  // namespace spillway::sim
