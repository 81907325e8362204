#include "policies/invariants.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spillway {
namespace {

bool PositiveFinite(double x) { return std::isfinite(x) && x > 0; }

std::string CheckService(const Policy& policy, const Service& service) {
  auto fail = [&service](absl::string_view what) {
    return absl::StrCat("service ", service.name, ": ", what);
  };
  auto in_range = [&policy](TargetId id) {
    return id.valid() && id.index() < policy.targets.size();
  };
  if (service.candidates.empty()) return fail("no candidate");
  for (size_t i = 0; i < service.candidates.size(); ++i) {
    const Candidate& candidate = service.candidates[i];
    if (!in_range(candidate.target)) return fail("candidate out of range");
    if (i > 0 && !(service.candidates[i - 1].target < candidate.target))
      return fail("candidates not ascending");
    if (!PositiveFinite(candidate.weight)) return fail("weight not positive");
    if (!std::isfinite(candidate.penalty_ms) || candidate.penalty_ms < 0)
      return fail("penalty below 0");
    const Target& target = policy.target(candidate.target);
    bool addresses = !target.addresses_v4.empty() || !target.addresses_v6.empty();
    if (service.answer == AnswerForm::kAddresses && !addresses)
      return fail("candidate without address");
    if (service.answer == AnswerForm::kCname && target.cname.empty())
      return fail("candidate without cname");
    if (target.host.empty()) return fail("candidate without host");
  }
  const Watermark& w = service.watermark;
  if (!(0 < w.shed_from && w.shed_from < w.target && w.target <= w.hard && w.hard <= 1))
    return fail("watermark out of order");
  const TtlLadder& ttl = service.ttl;
  if (ttl.draining < absl::Seconds(1) || ttl.shedding < ttl.draining || ttl.calm < ttl.shedding)
    return fail("ttl out of order");
  if (!PositiveFinite(service.bitrate_mbps) || service.distance_factor < 0 || service.price_ms < 0)
    return fail("factor out of range");
  if (service.session < absl::Seconds(1)) return fail("session too short");
  if (service.ladder.empty() || service.ladder[0] != 1) return fail("ladder does not begin with 1");
  for (size_t i = 1; i < service.ladder.size(); ++i) {
    if (!(0 < service.ladder[i] && service.ladder[i] < service.ladder[i - 1]))
      return fail("ladder does not fall");
  }
  for (const Fence& fence : service.fences) {
    if (!fence.group.valid() || fence.group.index() >= policy.groups.size())
      return fail("fence of no group");
    if (fence.allowed.empty()) return fail("fence that leaves nothing");
    for (TargetId id : fence.allowed) {
      auto is_id = [id](const Candidate& c) { return c.target == id; };
      if (std::none_of(service.candidates.begin(), service.candidates.end(), is_id))
        return fail("fence around no candidate");
    }
  }
  if (service.hosts.empty() && service.host_patterns.empty() && service.dns_names.empty() &&
      service.name_patterns.empty()) {
    return fail("no name and no host");
  }
  return "";
}

std::string CheckLimits(const Policy& policy) {
  std::set<std::string> names;
  for (const SharedLimit& limit : policy.limits) {
    if (!names.insert(limit.name).second) return absl::StrCat("limit twice: ", limit.name);
    if (limit.targets.empty()) return "limit of no target";
    if (!PositiveFinite(limit.egress_mbps)) return "limit not positive";
    for (size_t i = 0; i < limit.targets.size(); ++i) {
      const TargetId id = limit.targets[i];
      if (!id.valid() || id.index() >= policy.targets.size()) return "limit out of range";
      if (i > 0 && !(limit.targets[i - 1] < id)) return "limit's targets not ascending";
    }
  }
  return "";
}

}  // namespace

std::string CheckInvariants(const Policy& policy) {
  if (policy.version.size() != 16) return "version is not 16 digits";
  if (policy.targets.empty() || policy.services.empty()) return "no target or no service";
  std::set<std::string> names;
  for (const Service& service : policy.services) {
    if (std::string fault = CheckService(policy, service); !fault.empty()) return fault;
    for (const std::string& name : service.dns_names) {
      if (!names.insert(name).second) return absl::StrCat("name of two services: ", name);
      if (absl::EndsWith(name, ".") || name != absl::AsciiStrToLower(name))
        return absl::StrCat("name not canonical: ", name);
    }
  }
  if (std::string fault = CheckLimits(policy); !fault.empty()) return fault;
  for (const Event& event : policy.events) {
    if (!event.service.valid() || event.service.index() >= policy.services.size())
      return "event of no service";
    for (const Event::Share& share : event.shares) {
      if (share.country.empty() &&
          (!share.group.valid() || share.group.index() >= policy.groups.size()))
        return "event share of nobody";
      if (!PositiveFinite(share.peak)) return "event share not positive";
    }
  }
  for (const Guards::Freeze& freeze : policy.guards.freezes) {
    if (freeze.from >= freeze.to) return "freeze ends before it begins";
  }
  return "";
}

}  // namespace spillway
