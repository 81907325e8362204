#include "dns/zone/zone_set.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/status.h"
#include "dns/zone/zone_builder.h"
#include "dns/zone/zone_file.h"

namespace spillway::dns {
namespace {

// Timers of implicit zones: nobody transfers them, so REFRESH, RETRY and EXPIRE only have to be
// sane (RFC 1912 2.2). MINIMUM is short: a name may begin to be steered at the next reload.
constexpr uint32_t kImplicitTtl = 3600;
constexpr uint32_t kImplicitTimers[] = {3600, 600, 604800, 60};

void AppendU32(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

ZoneRecord Record(const Name& owner, RrType type, std::string rdata) {
  ZoneRecord record;
  record.owner = owner;
  record.type = type;
  record.ttl_s = kImplicitTtl;
  record.rdata = std::move(rdata);
  return record;
}

std::unique_ptr<Zone> BuildImplicitZone(const Name& apex, const ImplicitZoneSpec& spec,
                                        uint32_t serial, std::vector<ZoneFault>* faults) {
  ZoneBuilder builder;
  std::string soa(spec.nameservers[0].wire());
  soa.append(spec.contact.wire().data(), spec.contact.size());
  AppendU32(serial, &soa);
  for (uint32_t timer : kImplicitTimers) AppendU32(timer, &soa);
  builder.Add(Record(apex, RrType::kSoa, std::move(soa)));
  for (const Name& server : spec.nameservers) {
    builder.Add(Record(apex, RrType::kNs, std::string(server.wire())));
  }
  builder.AddSteered(apex);
  return builder.Build(faults);
}

// A delegation of just this name, without DS: what is below it need not be signed.
bool GivesAway(const Zone& zone, const Name& name) {
  const ZoneMatch match = zone.Find(name.wire());
  return match.kind == ZoneMatch::Kind::kReferral && zone.owner(*match.node) == name.wire() &&
         zone.FindSet(*match.node, RrType::kDs) == nullptr;
}

std::string JoinFaults(const std::vector<ZoneFault>& faults) {
  return absl::StrJoin(faults, "\n", [](std::string* out, const ZoneFault& fault) {
    absl::StrAppend(out, fault.what);
  });
}

}  // namespace

absl::StatusOr<ZoneSet> ZoneSet::Load(const std::string& directory) {
  ASSIGN_OR_RETURN(std::vector<std::string> files, ListFiles(directory, ".zone"));
  std::vector<std::shared_ptr<const Zone>> zones;
  absl::flat_hash_map<std::string, std::string> file_of;  // apex -> path
  std::vector<std::string> errors;
  for (const std::string& file : files) {
    std::string path = absl::StrCat(directory, "/", file);
    auto zone = LoadZoneFile(path);
    if (!zone.ok()) {
      errors.emplace_back(zone.status().message());
      continue;
    }
    auto [it, fresh] = file_of.try_emplace(std::string((*zone)->apex()), path);
    if (!fresh) {
      errors.push_back(absl::StrCat(path, ":1: zone '", NameToText((*zone)->apex()), "' is in ",
                                    it->second, " already"));
      continue;
    }
    zones.push_back(std::move(*zone));
  }
  if (!errors.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
  return Create(std::move(zones));
}

absl::StatusOr<ZoneSet> ZoneSet::Create(std::vector<std::shared_ptr<const Zone>> zones) {
  ZoneSet set;
  set.zones_ = std::move(zones);
  for (uint32_t i = 0; i < set.zones_.size(); ++i) {
    const absl::string_view apex = set.zones_[i]->apex();
    if (set.by_apex_.FindOrAdd(apex, i, set.ApexOf()) != i) {
      return absl::InvalidArgumentError(
          absl::StrCat("zone '", NameToText(apex), "' is there twice"));
    }
    set.sizes_.set(apex.size());
  }
  return set;
}

absl::StatusOr<ZoneSet> ZoneSet::WithSteered(absl::Span<const Name> names,
                                             const ImplicitZoneSpec& spec, uint32_t serial) const {
  std::vector<ZoneFault> faults;
  absl::flat_hash_map<const Zone*, std::vector<Name>> names_of;
  std::vector<Name> homeless;
  for (Name name : names) {
    name.FoldCase();
    const Zone* zone = Find(name.wire());
    if (zone != nullptr && (spec.nameservers.empty() || !GivesAway(*zone, name))) {
      names_of[zone].push_back(name);
    } else if (spec.nameservers.empty()) {
      faults.push_back(
          {0, absl::StrCat("steered name '", name.ToText(),
                           "' is in no zone file; want one, or nameservers for zones of its own")});
    } else {
      homeless.push_back(name);
    }
  }
  std::vector<std::shared_ptr<const Zone>> zones;
  for (const auto& zone : zones_) {
    auto it = names_of.find(zone.get());
    zones.push_back(it == names_of.end() ? zone : WithSteeredNames(*zone, it->second, &faults));
  }
  std::sort(homeless.begin(), homeless.end(),
            [](const Name& a, const Name& b) { return a.wire() < b.wire(); });
  homeless.erase(std::unique(homeless.begin(), homeless.end()), homeless.end());
  for (const Name& name : homeless) zones.push_back(BuildImplicitZone(name, spec, serial, &faults));
  if (!faults.empty()) return absl::InvalidArgumentError(JoinFaults(faults));
  return Create(std::move(zones));
}

const Zone* ZoneSet::Find(absl::string_view name) const {
  for (;; name = ParentName(name)) {
    if (sizes_[name.size()]) {
      const uint32_t zone = by_apex_.Find(name, ApexOf());
      if (zone != FlatIndex::kNone) return zones_[zone].get();
    }
    if (name.size() == 1) return nullptr;
  }
}

}  // namespace spillway::dns
