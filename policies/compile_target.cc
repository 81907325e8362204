#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "policies/compile.h"
#include "policies/schema.h"
#include "policies/schema_check.h"

namespace spillway::policies {
namespace {

const ObjectSpec& TargetSpec() { return *PolicySchema().Find("targets")->object; }

void CompileProbes(const MapReader& reader, const std::string& path, Target* target,
                   Diagnostics* diagnostics) {
  for (const Node* item : reader.Items("probes")) {
    MapReader probe(item, *TargetSpec().Find("probes")->object);
    if (probe.Has("http") == probe.Has("tcp")) {
      diagnostics->Error(
          item->place,
          {.what = absl::StrCat(path, ".probes: ",
                                probe.Has("http") ? "two ways to probe in one" : "no way to probe"),
           .want = "one of `http: URL` and `tcp: address:port`"});
      continue;
    }
    ProbeSpec spec;
    if (const Node* url = probe.Find("http")) spec.url = std::get<std::string>(url->value);
    if (const Node* endpoint = probe.Find("tcp")) {
      spec.kind = ProbeSpec::Kind::kTcp;
      spec.endpoint = std::get<Endpoint>(endpoint->value);
    }
    spec.interval = probe.Get<absl::Duration>("interval");
    spec.timeout = probe.Get<absl::Duration>("timeout");
    spec.rise = static_cast<int>(probe.Get<int64_t>("rise"));
    spec.fall = static_cast<int>(probe.Get<int64_t>("fall"));
    if (spec.timeout > spec.interval) {
      diagnostics->Error(
          probe.PlaceOf("timeout"),
          {.what = absl::StrCat(
               path, ".probes: the timeout is longer than the interval, so probes would pile up"),
           .want = absl::StrCat("timeout at most ", absl::FormatDuration(spec.interval)),
           .got = absl::FormatDuration(spec.timeout)});
      continue;
    }
    target->probes.push_back(spec);
  }
}

void CompileCapacity(const MapReader& reader, Target* target) {
  MapReader capacity = reader.Object("capacity");
  for (Resource resource : kResources) {
    if (const Node* value = capacity.Find(ResourceName(resource)))
      target->capacity.Set(resource, std::get<double>(value->value));
  }
}

void CompileTarget(const Declaration& declared, Target* target, Diagnostics* diagnostics) {
  MapReader reader(declared.body, TargetSpec());
  const std::string path = absl::StrCat("targets.", declared.key->text);
  if (const Node* at = reader.Find("at")) target->location = std::get<GeoPoint>(at->value);
  for (const Node* item : reader.Items("addresses")) {
    const IpAddress& address = std::get<IpAddress>(item->value);
    (address.is_v4() ? target->addresses_v4 : target->addresses_v6).push_back(address);
  }
  target->cname = reader.GetOr<std::string>("cname", "");
  bool addresses = !target->addresses_v4.empty() || !target->addresses_v6.empty();
  if (!reader.Has("addresses") && !reader.Has("cname") && declared.body->kind == Node::Kind::kMap) {
    diagnostics->Error(declared.key->place, {.what = absl::StrCat(path, ": nothing to answer with"),
                                             .want = "addresses: [...], cname: a name, or both"});
  }
  // TLS certificates are for names: of a target with both, redirects go to the name.
  std::string host = target->cname;
  if (host.empty() && addresses) {
    const IpAddress& first =
        target->addresses_v4.empty() ? target->addresses_v6[0] : target->addresses_v4[0];
    host = first.is_v4() ? first.ToString() : absl::StrCat("[", first.ToString(), "]");
  }
  target->host = reader.GetOr<std::string>("host", host);
  target->scheme = reader.Get<std::string>("scheme");
  CompileCapacity(reader, target);
  target->commit_mbps = reader.Get<double>("commit");
  if (target->capacity.has(Resource::kEgress) &&
      target->commit_mbps > target->capacity[Resource::kEgress]) {
    diagnostics->Error(reader.PlaceOf("commit"),
                       {.what = absl::StrCat(path, ".commit: more than the target can carry"),
                        .want = absl::StrCat("at most capacity.egress, ",
                                             reader.Object("capacity").Find("egress")->text),
                        .got = reader.Find("commit")->text});
  }
  target->cost = reader.Get<double>("cost");
  for (const Node* tag : reader.Items("tags")) target->tags.push_back(tag->text);
  CompileProbes(reader, path, target, diagnostics);
}

}  // namespace

void CompileTargets(const Symbols& symbols, Policy* policy, Diagnostics* diagnostics) {
  for (size_t i = 0; i < symbols.targets.size(); ++i)
    CompileTarget(symbols.targets[i], &policy->targets[i], diagnostics);
}

}  // namespace spillway::policies
