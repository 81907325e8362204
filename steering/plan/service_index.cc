#include "steering/plan/service_index.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"

namespace spillway {
namespace {

// 1,000 host patterns need 4 MB and 4,000 need 16 MB; RE2's default of 8 MB is too small for a
// large policy.
constexpr int64_t kSetMemoryMax = 64 << 20;

std::vector<int>& Scratch() {
  thread_local std::vector<int> scratch;
  scratch.clear();
  return scratch;
}

}  // namespace

std::string WireName(absl::string_view dotted) {
  std::string wire;
  if (!dotted.empty()) {
    for (absl::string_view label : absl::StrSplit(dotted, '.')) {
      wire.push_back(static_cast<char>(label.size()));
      wire.append(label.data(), label.size());
    }
  }
  wire.push_back('\0');
  return wire;
}

absl::StatusOr<std::unique_ptr<ServiceIndex::PatternSet>> ServiceIndex::CompileSet(
    const Patterns& patterns) {
  if (patterns.empty()) return std::unique_ptr<PatternSet>();
  RE2::Options options;
  options.set_max_mem(kSetMemoryMax);
  options.set_log_errors(false);
  auto result =
      std::unique_ptr<PatternSet>(new PatternSet{RE2::Set(options, RE2::ANCHOR_BOTH), {}});
  for (const auto& [pattern, service] : patterns) {
    std::string error;
    if (result->set.Add(pattern, &error) < 0) {
      return absl::InvalidArgumentError(absl::StrCat("pattern '", pattern, "': ", error));
    }
    result->owner.push_back(service);
  }
  if (!result->set.Compile()) {
    return absl::ResourceExhaustedError(
        absl::StrCat(patterns.size(), " patterns need more than ", kSetMemoryMax >> 20, " MiB"));
  }
  return result;
}

absl::StatusOr<std::shared_ptr<const ServiceIndex>> ServiceIndex::Create(const Policy& policy) {
  std::shared_ptr<ServiceIndex> index(new ServiceIndex);
  Patterns names, hosts, paths;
  index->has_paths_.resize(policy.services.size());
  for (size_t i = 0; i < policy.services.size(); ++i) {
    const Service& service = policy.services[i];
    ServiceId id(i);
    for (const std::string& name : service.dns_names) {
      index->names_.emplace(name, id);
      const auto fresh = static_cast<uint32_t>(index->wire_names_.size());
      std::string wire = WireName(name);
      if (index->wire_index_.FindOrAdd(wire, fresh, index->WireNameOf()) != fresh) continue;
      index->wire_names_.push_back(std::move(wire));
      index->wire_services_.push_back(id);
    }
    for (const std::string& host : service.hosts) index->hosts_[host].push_back(id);
    for (const std::string& p : service.name_patterns) names.emplace_back(p, id);
    for (const std::string& p : service.host_patterns) hosts.emplace_back(p, id);
    for (const std::string& p : service.path_patterns) paths.emplace_back(p, id);
    index->has_paths_[i] = !service.path_patterns.empty();
  }
  ASSIGN_OR_RETURN(index->name_patterns_, CompileSet(names));
  ASSIGN_OR_RETURN(index->host_patterns_, CompileSet(hosts));
  ASSIGN_OR_RETURN(index->path_patterns_, CompileSet(paths));
  return std::shared_ptr<const ServiceIndex>(std::move(index));
}

std::optional<ServiceId> ServiceIndex::FindByWireName(absl::string_view wire_name) const {
  const uint32_t i = wire_index_.Find(wire_name, WireNameOf());
  if (i == FlatIndex::kNone) return std::nullopt;
  return wire_services_[i];
}

std::optional<ServiceId> ServiceIndex::FindByName(absl::string_view name) const {
  if (auto it = names_.find(name); it != names_.end()) return it->second;
  if (name_patterns_ == nullptr) return std::nullopt;
  // Only whether: RE2 takes memory to tell which, and a flood of names that match none must not.
  if (!name_patterns_->set.Match(ToStd(name), nullptr)) return std::nullopt;
  std::vector<int>& matched = Scratch();
  name_patterns_->set.Match(ToStd(name), &matched);
  return name_patterns_
      ->owner[static_cast<size_t>(*std::min_element(matched.begin(), matched.end()))];
}

bool ServiceIndex::PathMatches(ServiceId id, const std::vector<int>& matched_paths) const {
  if (!has_paths_[id.index()]) return true;
  return std::any_of(matched_paths.begin(), matched_paths.end(),
                     [&](int m) { return path_patterns_->owner[static_cast<size_t>(m)] == id; });
}

std::optional<ServiceId> ServiceIndex::FindByUrl(absl::string_view host,
                                                 absl::string_view path) const {
  auto exact = hosts_.find(host);
  // The common case needs no pattern: one service owns the host and every path of it.
  if (exact != hosts_.end() && !has_paths_[exact->second.front().index()])
    return exact->second.front();

  // As in FindByName; and a flood of hosts of nobody's runs no path pattern.
  const auto by_pattern = [this, host] {
    return host_patterns_ != nullptr && host_patterns_->set.Match(ToStd(host), nullptr);
  };
  if (exact == hosts_.end() && !by_pattern()) return std::nullopt;

  std::vector<int>& matched_paths = Scratch();
  if (path_patterns_ != nullptr) path_patterns_->set.Match(ToStd(path), &matched_paths);
  if (exact != hosts_.end()) {
    for (ServiceId id : exact->second) {
      if (PathMatches(id, matched_paths)) return id;
    }
    if (!by_pattern()) return std::nullopt;
  }
  thread_local std::vector<int> matched_hosts;
  matched_hosts.clear();
  host_patterns_->set.Match(ToStd(host), &matched_hosts);
  std::sort(matched_hosts.begin(), matched_hosts.end());
  for (int m : matched_hosts) {
    ServiceId id = host_patterns_->owner[static_cast<size_t>(m)];
    if (PathMatches(id, matched_paths)) return id;
  }
  return std::nullopt;
}

}  // namespace spillway
