#include "apps/cli/check.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/json_writer.h"
#include "dns/server/serving_zones.h"
#include "dns/wire/name.h"
#include "dns/zone/signatures_end.h"
#include "dns/zone/zone_set.h"
#include "policies/loader.h"
#include "steering/geo/group_map.h"
#include "steering/geo/mmdb_file.h"
#include "steering/model/policy.h"

namespace spillway::cli {
namespace {

// "zones/example.zone:12: what" as a finding with its place; a line without one belongs to
// `fallback`.
Diagnostic FromStatusLine(absl::string_view line, const std::string& fallback) {
  Diagnostic found;
  size_t end = line.find(": ");
  absl::string_view place = line.substr(0, end);
  size_t colon = place.rfind(':');
  if (end != absl::string_view::npos && colon != absl::string_view::npos &&
      absl::SimpleAtoi(place.substr(colon + 1), &found.line) && found.line > 0) {
    found.file = std::string(place.substr(0, colon));
    line = line.substr(end + 2);
  } else {
    found.line = 0;
    found.file = fallback;
    absl::ConsumePrefix(&line, absl::StrCat(fallback, ": "));
  }
  found.message = std::string(line);
  return found;
}

class Checker {
 public:
  explicit Checker(const CheckInput& input) : input_(input) {}

  CheckResult Run() {
    PolicyResult policy = LoadPolicyDirectory(input_.directory);
    for (Diagnostic& found : policy.diagnostics) {
      found.file = found.file.empty() ? input_.directory
                                      : absl::StrCat(Trimmed(input_.directory), "/", found.file);
      result_.diagnostics.push_back(std::move(found));
    }
    zones_ = Trimmed(input_.zones.empty() ? input_.directory : input_.zones);
    absl::StatusOr<dns::ZoneSet> zones = dns::ZoneSet::Load(zones_);
    // That the policy's directory cannot be read has been said already.
    bool said = input_.zones.empty() && !absl::IsInvalidArgument(zones.status());
    if (!zones.ok() && !said) AddLines(zones.status(), zones_);
    if (zones.ok()) {
      for (const auto& zone : zones->zones()) {
        result_.zones.push_back(dns::NameToText(zone->apex()));
        std::string warning = dns::SignaturesWarning(*zone, input_.now);
        if (!warning.empty()) Warn(std::move(warning));
      }
    }
    if (policy.ok()) {
      policy_ = policy.policy.get();
      result_.version = policy_->version;
      result_.targets = policy_->targets.size();
      result_.services = policy_->services.size();
      result_.groups = policy_->groups.size();
      if (zones.ok()) PlaceNames(*zones);
      if (!input_.geo.empty()) TryGeo();
    }
    return std::move(result_);
  }

 private:
  static std::string Trimmed(absl::string_view directory) {
    while (directory.size() > 1 && absl::EndsWith(directory, "/")) directory.remove_suffix(1);
    return std::string(directory);
  }

  void AddLines(const absl::Status& status, const std::string& fallback) {
    for (absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipEmpty())) {
      result_.diagnostics.push_back(FromStatusLine(line, fallback));
    }
  }
  void Warn(std::string message) {
    result_.diagnostics.push_back({input_.directory, 0, 0, Severity::kWarning, std::move(message)});
  }

  // True when `serving` has a zone of this name and the files, where `before` holds it, have not.
  static bool IsNew(const dns::Zone* before, const dns::ZoneSet& serving, const dns::Name& name) {
    const dns::Zone* now = serving.Find(name.wire());
    return now->apex() == name.wire() && (before == nullptr || before->apex() != name.wire());
  }

  // Which zone each name is answered from, and whether the zone can give it away.
  void PlaceNames(const dns::ZoneSet& zones) {
    std::vector<std::string> homeless;
    auto serving = dns::ServingZones(zones, *policy_, /*serial=*/1, &homeless);
    if (!serving.ok()) AddLines(serving.status(), zones_);
    for (const Service& service : policy_->services) {
      for (const std::string& text : service.dns_names) {
        std::optional<dns::Name> name = dns::Name::FromText(text);
        if (!name) continue;  // the policy's own check has refused it
        name->FoldCase();
        const bool left_out = std::find(homeless.begin(), homeless.end(), text) != homeless.end();
        const dns::Zone* zone = zones.Find(name->wire());
        const bool own = !left_out && serving.ok() && IsNew(zone, **serving, *name);
        result_.names.push_back({text, service.name,
                                 zone == nullptr || own ? "" : dns::NameToText(zone->apex()),
                                 own || (zone == nullptr && !left_out)});
        if (left_out) Warn(dns::HomelessWarning(service.name, text));
      }
    }
  }

  void TryGeo() {
    absl::StatusOr<std::unique_ptr<geo::MmdbFile>> file = geo::MmdbFile::Open(input_.geo);
    if (!file.ok()) return AddLines(file.status(), input_.geo);
    CheckResult::Geo geo;
    geo.type = (*file)->metadata().database_type;
    GeoSources sources;
    (absl::StrContains(geo.type, "City")  ? sources.city
     : absl::StrContains(geo.type, "ASN") ? sources.asn
                                          : sources.country) = input_.geo;
    absl::StatusOr<std::shared_ptr<const GroupMap>> map = GroupMap::Build(sources, policy_->groups);
    if (!map.ok()) return AddLines(map.status(), input_.geo);
    geo.groups = (*map)->groups().size();
    result_.geo = geo;
    const bool asn_file = !sources.asn.empty();
    for (size_t i = 0; i < policy_->groups.size(); ++i) {
      // What a file of the other kind would say is not known here.
      const NamedGroup& named = policy_->groups[i];
      if (asn_file ? !named.countries.empty() : !named.asns.empty()) continue;
      LabelId label(static_cast<uint16_t>(i));
      bool inhabited = std::any_of(
          (*map)->groups().begin(), (*map)->groups().end(), [label](const Group& group) {
            return std::binary_search(group.labels.begin(), group.labels.end(), label);
          });
      if (inhabited) continue;
      Warn(absl::StrCat("groups.", named.name, ": no address is in it by ", input_.geo, " (",
                        geo.type, ") and its own prefixes"));
    }
  }

  const CheckInput& input_;
  std::string zones_;  // directory of the zone files
  const Policy* policy_ = nullptr;
  CheckResult result_;
};

}  // namespace

size_t CheckResult::Count(Severity severity) const {
  return static_cast<size_t>(
      std::count_if(diagnostics.begin(), diagnostics.end(),
                    [severity](const Diagnostic& d) { return d.severity == severity; }));
}

CheckResult CheckDirectory(const CheckInput& input) { return Checker(input).Run(); }

std::string FindingsText(const CheckResult& result, const Paint& paint) {
  std::string out;
  for (const Diagnostic& found : result.diagnostics) {
    bool error = found.severity == Severity::kError;
    absl::StrAppend(&out, Printable(found.file));
    if (found.line > 0) absl::StrAppend(&out, ":", found.line);
    if (found.line > 0 && found.column > 0) absl::StrAppend(&out, ":", found.column);
    absl::StrAppend(&out, found.file.empty() ? "" : ": ",
                    paint(error ? Tone::kBad : Tone::kWarning, error ? "error:" : "warning:"), " ",
                    Printable(found.message), "\n");
  }
  return out;
}

std::string SummaryText(const CheckResult& result, const Paint& paint) {
  auto plural = [](size_t count, absl::string_view noun) {
    return Plural(static_cast<int64_t>(count), noun);
  };
  size_t errors = result.Count(Severity::kError), warnings = result.Count(Severity::kWarning);
  std::string counted = warnings == 0 ? "" : absl::StrCat(", ", plural(warnings, "warning"));
  if (errors > 0) {
    return absl::StrCat(paint(Tone::kBad, "refused:"), " ", plural(errors, "error"), counted, "\n");
  }
  std::string out =
      absl::StrCat(paint(Tone::kGood, "ok:"), " ", plural(result.targets, "target"), ", ",
                   plural(result.services, "service"), ", ", plural(result.groups, "group"),
                   ", version ", result.version, counted, "\n");
  for (const CheckResult::SteeredName& name : result.names) {
    absl::StrAppend(&out, "  ", name.name, " (", name.service, ") ",
                    !name.zone.empty() ? absl::StrCat("in zone ", name.zone)
                    : name.own_zone    ? "in a zone of its own"
                                       : "in no zone",
                    "\n");
  }
  if (result.geo) {
    absl::StrAppend(&out, "  ", plural(result.geo->groups, "group"), " of clients by ",
                    Printable(result.geo->type), "\n");
  }
  return out;
}

std::string CheckJson(const CheckResult& result) {
  JsonWriter w;
  w.BeginObject().Key("ok").Bool(result.ok()).Key("version");
  result.version.empty() ? w.Null() : w.String(result.version);
  w.Key("targets").Uint(result.targets).Key("services").Uint(result.services);
  w.Key("groups").Uint(result.groups).Key("diagnostics").BeginArray();
  for (const Diagnostic& found : result.diagnostics) {
    w.BeginObject().Key("file").String(found.file).Key("line").Int(found.line);
    w.Key("column").Int(found.column).Key("severity");
    w.String(found.severity == Severity::kError ? "error" : "warning");
    w.Key("message").String(found.message).EndObject();
  }
  w.EndArray().Key("zones").BeginArray();
  for (const std::string& zone : result.zones) w.String(zone);
  w.EndArray().Key("names").BeginArray();
  for (const CheckResult::SteeredName& name : result.names) {
    w.BeginObject().Key("name").String(name.name).Key("service").String(name.service).Key("zone");
    name.zone.empty() ? w.Null() : w.String(name.zone);
    w.Key("own_zone").Bool(name.own_zone).EndObject();
  }
  w.EndArray().Key("geo");
  if (result.geo) {
    w.BeginObject().Key("type").String(result.geo->type);
    w.Key("groups").Uint(result.geo->groups).EndObject();
  } else {
    w.Null();
  }
  w.EndObject();
  return absl::StrCat(w.text(), "\n");
}

}  // namespace spillway::cli
