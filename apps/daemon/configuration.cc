#include "apps/daemon/configuration.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/hash.h"
#include "dns/server/serving_zones.h"
#include "dns/zone/signatures_end.h"
#include "policies/loader.h"
#include "steering/geo/group_map_file.h"
#include "steering/model/policy.h"

namespace spillway {
namespace {

// Two secrets and room for comments.
constexpr size_t kCookieFileMax = 64 << 10;
// Thousands of keys.
constexpr size_t kKeyFileMax = 1 << 20;

const std::string& ZoneDirectory(const ConfigurationSources& sources) {
  return sources.zone_directory.empty() ? sources.policy_directory : sources.zone_directory;
}

void AddLines(const absl::Status& status, std::vector<std::string>* out) {
  for (absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipEmpty()))
    out->emplace_back(line);
}

std::shared_ptr<const Policy> LoadPolicy(const ConfigurationSources& sources,
                                         ConfigurationResult* result) {
  PolicyResult loaded = LoadPolicyDirectory(sources.policy_directory);
  for (const Diagnostic& d : loaded.diagnostics) {
    auto& lines = d.severity == Severity::kError ? result->errors : result->warnings;
    lines.push_back(d.ToString(sources.policy_directory));
  }
  return loaded.policy;
}

uint64_t HashFile(const std::string& path, uint64_t hash) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return CombineHash(hash, 1);
  hash = CombineHash(hash, StableHash(path));
  hash = CombineHash(hash, static_cast<uint64_t>(info.st_size));
  hash = CombineHash(hash, static_cast<uint64_t>(info.st_ino));
  return CombineHash(hash, static_cast<uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000 +
                               static_cast<uint64_t>(info.st_mtim.tv_nsec));
}

uint64_t HashFiles(const std::string& directory, absl::string_view suffix, uint64_t hash) {
  absl::StatusOr<std::vector<std::string>> names = ListFiles(directory, suffix);
  if (!names.ok()) return CombineHash(hash, 2);
  for (const std::string& name : *names) hash = HashFile(absl::StrCat(directory, "/", name), hash);
  return hash;
}

uint64_t GeoFingerprint(const GeoSources& geo) {
  uint64_t hash = 0;
  for (const std::string* path : {&geo.country, &geo.city, &geo.asn}) {
    if (!path->empty()) hash = HashFile(*path, hash);
  }
  return hash;
}

std::shared_ptr<const GroupMap> LoadGroups(const ConfigurationSources& sources,
                                           const Policy& policy, const Configuration* previous,
                                           ConfigurationResult* result) {
  if (previous != nullptr && previous->frame->policy->groups == policy.groups &&
      previous->geo_fingerprint == GeoFingerprint(sources.geo)) {
    return previous->frame->groups;
  }
  absl::StatusOr<std::shared_ptr<const GroupMap>> groups =
      GroupMapFile::BuildOrRead(sources.geo, policy.groups, sources.state_directory);
  if (groups.ok()) return *std::move(groups);
  AddLines(groups.status(), &result->errors);
  return nullptr;
}

std::shared_ptr<const dns::ZoneSet> LoadZones(const ConfigurationSources& sources,
                                              const Policy& policy, absl::Time now,
                                              ConfigurationResult* result) {
  absl::StatusOr<dns::ZoneSet> files = dns::ZoneSet::Load(ZoneDirectory(sources));
  if (!files.ok()) {
    AddLines(files.status(), &result->errors);
    return nullptr;
  }
  std::vector<std::string> homeless;
  const auto serial = static_cast<uint32_t>(absl::ToUnixSeconds(now));
  auto zones = dns::ServingZones(*files, policy, serial, &homeless);
  if (!zones.ok()) {
    AddLines(zones.status(), &result->errors);
    return nullptr;
  }
  for (const Service& service : policy.services) {
    for (const std::string& name : service.dns_names) {
      if (std::find(homeless.begin(), homeless.end(), name) == homeless.end()) continue;
      result->warnings.push_back(dns::HomelessWarning(service.name, name));
    }
  }
  for (const auto& zone : files->zones()) {
    std::string warning = dns::SignaturesWarning(*zone, now);
    if (!warning.empty()) result->warnings.push_back(std::move(warning));
  }
  return *std::move(zones);
}

// Null when there is no file, or errors.
template <typename Secret>
std::shared_ptr<const Secret> LoadSecretFile(
    const std::string& path, size_t size_max,
    absl::StatusOr<Secret> (*parse)(absl::string_view text, absl::string_view path),
    ConfigurationResult* result) {
  if (path.empty()) return nullptr;
  absl::StatusOr<std::string> text = ReadFile(path, size_max);
  if (!text.ok()) {
    AddLines(text.status(), &result->errors);
    return nullptr;
  }
  absl::StatusOr<Secret> secret = parse(*text, path);
  if (secret.ok()) return std::make_shared<const Secret>(*std::move(secret));
  AddLines(secret.status(), &result->errors);
  return nullptr;
}

// Call it when all else is loaded. Null when there were errors.
std::shared_ptr<const dns::TransferTable> LoadTransfers(const dns::ZoneSet& zones,
                                                        const Policy& policy,
                                                        std::shared_ptr<const dns::TsigKeys> keys,
                                                        const Configuration* previous,
                                                        ConfigurationResult* result) {
  auto table = dns::TransferTable::Make(zones, policy, std::move(keys),
                                        previous == nullptr ? nullptr : previous->transfers.get(),
                                        &result->warnings);
  if (table.ok()) return *std::move(table);
  AddLines(table.status(), &result->errors);
  return nullptr;
}

}  // namespace

ConfigurationResult LoadConfiguration(const ConfigurationSources& sources, absl::Time now,
                                      const Configuration* previous) {
  ConfigurationResult result;
  std::shared_ptr<const Policy> policy = LoadPolicy(sources, &result);
  if (policy == nullptr) {
    // Zone files can be judged without a policy: report their faults in the same go.
    if (auto zones = dns::ZoneSet::Load(ZoneDirectory(sources)); !zones.ok())
      AddLines(zones.status(), &result.errors);
    return result;
  }
  const uint64_t geo_fingerprint =
      GeoFingerprint(sources.geo);  // before reading: a later change is seen
  std::shared_ptr<const GroupMap> groups = LoadGroups(sources, *policy, previous, &result);
  std::shared_ptr<const dns::ZoneSet> zones = LoadZones(sources, *policy, now, &result);
  auto cookies =
      LoadSecretFile(sources.cookie_secret_file, kCookieFileMax, dns::ParseCookieSecrets, &result);
  auto keys = LoadSecretFile(sources.tsig_key_file, kKeyFileMax, dns::TsigKeys::Parse, &result);
  if (!result.errors.empty()) return result;
  std::shared_ptr<const dns::TransferTable> transfers =
      LoadTransfers(*zones, *policy, std::move(keys), previous, &result);
  if (transfers == nullptr) return result;
  absl::StatusOr<std::shared_ptr<const Frame>> frame = MakeFrame(policy, groups, sources.workers);
  if (!frame.ok()) {
    AddLines(frame.status(), &result.errors);
    return result;
  }
  result.configuration = std::make_shared<const Configuration>(
      Configuration{*std::move(frame), std::move(zones), std::move(cookies), std::move(transfers),
                    geo_fingerprint});
  return result;
}

uint64_t Fingerprint(const ConfigurationSources& sources) {
  uint64_t hash = HashFiles(sources.policy_directory, ".yaml", 0);
  hash = HashFiles(ZoneDirectory(sources), ".zone", hash);
  for (const std::string* path : {&sources.cookie_secret_file, &sources.tsig_key_file}) {
    if (!path->empty()) hash = HashFile(*path, hash);
  }
  return CombineHash(hash, GeoFingerprint(sources.geo));
}

}  // namespace spillway
