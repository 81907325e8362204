// steering/plan/service_index.h -- which service a DNS name or a URL belongs to.
//
//   DNS name ──exact map──► service        URL ──exact host map──┐
//        └────RE2::Set────► service         └──RE2::Set of hosts──┴─► services of the host,
//                                                first whose paths match (RE2::Set of all paths)
//
// Exact names win over patterns; among equals the service that stands first in the policy wins.
// thread safety: immutable after Create; look-ups from any thread. Look-ups of exact names do not
// allocate; patterns use one per-thread scratch vector.
#ifndef SPILLWAY_STEERING_PLAN_SERVICE_INDEX_H_
#define SPILLWAY_STEERING_PLAN_SERVICE_INDEX_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/flat_index.h"
#include "base/strings.h"
#include "re2/set.h"
#include "steering/model/ids.h"
#include "steering/model/policy.h"

namespace spillway {

class ServiceIndex {
 public:
  // Fails when a pattern does not compile or the set outgrows RE2's memory budget.
  static absl::StatusOr<std::shared_ptr<const ServiceIndex>> Create(const Policy& policy);

  // `name`: lower case, dotted, no trailing dot ("live.example.com").
  std::optional<ServiceId> FindByName(absl::string_view name) const;
  // `wire_name`: lower-case labels with their length octets and the final 0 (RFC 1035 3.1). Exact
  // names only.
  std::optional<ServiceId> FindByWireName(absl::string_view wire_name) const;
  // True when FindByName can find more than FindByWireName: the caller must then make the text
  // form.
  bool has_name_patterns() const { return name_patterns_ != nullptr; }

  // `host`: lower case, without port. `path`: as on the request line, up to '?'.
  std::optional<ServiceId> FindByUrl(absl::string_view host, absl::string_view path) const;

 private:
  ServiceIndex() = default;
  auto WireNameOf() const {
    return [this](uint32_t i) { return absl::string_view(wire_names_[i]); };
  }
  // A set whose pattern i belongs to owner[i]; null when there is no pattern at all.
  struct PatternSet {
    RE2::Set set;
    std::vector<ServiceId> owner;
  };
  using Patterns = std::vector<std::pair<std::string, ServiceId>>;
  static absl::StatusOr<std::unique_ptr<PatternSet>> CompileSet(const Patterns& patterns);
  bool PathMatches(ServiceId id, const std::vector<int>& matched_paths) const;

  StringMap<ServiceId> names_;
  FlatIndex wire_index_;  // -> the two below
  std::vector<std::string> wire_names_;
  std::vector<ServiceId> wire_services_;
  StringMap<std::vector<ServiceId>> hosts_;  // in policy order
  std::unique_ptr<PatternSet> name_patterns_;
  std::unique_ptr<PatternSet> host_patterns_;
  std::unique_ptr<PatternSet> path_patterns_;
  std::vector<bool> has_paths_;  // by ServiceId
};

// "live.example.com" -> "\4live\7example\3com\0". The name must be valid; empty gives the root.
std::string WireName(absl::string_view dotted);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_SERVICE_INDEX_H_
