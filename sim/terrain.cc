#include "sim/terrain.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/ip.h"
#include "sim/random.h"
#include "steering/geo/group_map.h"
#include "steering/model/geo_point.h"
#include "steering/model/policy.h"

namespace spillway::sim {
namespace {

// Parts of the audience by region: papers 4.9 has 59 % in the US; the rest is by population with
// broadband. `supply`: local capacity per local demand, relative; US-East and Latin America are
// short of it (4.9), so that the evening only fits when they spill.
struct Draft {
  const char* name;
  GeoPoint centre;
  double spread_deg;
  double audience;
  double supply;
};
constexpr Draft kRegions[] = {
    {"us-east", {39.5, -77}, 4, 0.28, 0.80},  {"us-central", {38.5, -92}, 6, 0.16, 1.10},
    {"us-west", {37.5, -119}, 4, 0.15, 1.05}, {"latin-america", {-15, -58}, 9, 0.12, 0.75},
    {"europe", {49, 8}, 6, 0.15, 1.20},       {"asia", {30, 122}, 9, 0.07, 1.30},
    {"india", {20, 78}, 5, 0.03, 1.10},       {"oceania", {-33, 148}, 4, 0.04, 1.30},
};
constexpr size_t kRegionCount = std::size(kRegions);
constexpr size_t kGroupsPerMetro = 20;
constexpr double kMetroSpreadDeg = 0.5;  // 50 km: a metro
constexpr size_t kGroupsMax = 65'536;    // /24 prefixes of 10.0.0.0/8

GeoPoint Near(const GeoPoint& centre, double spread_deg, Random* random) {
  return {std::clamp(centre.lat + spread_deg * random->Normal(), -80.0, 80.0),
          std::remainder(centre.lon + spread_deg * random->Normal(), 360.0)};
}

// Splits `count` things over regions by `part`, at least one each where there are enough.
std::vector<uint8_t> SpreadOverRegions(size_t count, double Draft::*part) {
  double total = 0, seen = 0;
  for (const Draft& r : kRegions) total += r.*part;
  std::vector<uint8_t> region_of;
  for (size_t r = 0; r < kRegionCount; ++r) {
    seen += kRegions[r].*part;
    const size_t least = std::min(count, r + 1);
    const size_t upto = std::max(least, static_cast<size_t>(std::lround(count * seen / total)));
    while (region_of.size() < std::min(upto, count)) region_of.push_back(static_cast<uint8_t>(r));
  }
  return region_of;
}

struct Metro {
  uint8_t region = 0;
  GeoPoint place;
};

// A target that stands `step` further in the metro's list than the nearest ones: ranks grow
// geometrically, so that some ways out are near and some far.
std::vector<TargetId> PickCandidates(const Metro& metro, size_t count,
                                     const std::vector<Target>& targets, Random* random) {
  std::vector<size_t> by_distance(targets.size());
  std::iota(by_distance.begin(), by_distance.end(), size_t{0});
  std::sort(by_distance.begin(), by_distance.end(), [&](size_t a, size_t b) {
    return DistanceKm(metro.place, *targets[a].location) <
           DistanceKm(metro.place, *targets[b].location);
  });
  count = std::min(count, targets.size());
  const size_t near = (2 * count + 2) / 3;
  std::vector<TargetId> picked;
  for (size_t i = 0; i < near; ++i) picked.emplace_back(by_distance[i]);
  std::vector<size_t> rest(by_distance.begin() + static_cast<ptrdiff_t>(near), by_distance.end());
  for (size_t i = near; i < count; ++i) {
    // Evenly over what is left by distance, at random within its part.
    const size_t parts = count - near, k = i - near;
    const size_t from = k * rest.size() / parts, to = (k + 1) * rest.size() / parts;
    picked.emplace_back(rest[from + random->Below(to - from)]);
  }
  std::sort(picked.begin(), picked.end());
  return picked;
}

void AddTargets(const WorldConfig& config, Random random, Policy* policy, Terrain* terrain) {
  terrain->target_region = SpreadOverRegions(config.targets, &Draft::audience);
  std::vector<double> size(config.targets), region_size(kRegionCount, 0);
  for (size_t t = 0; t < config.targets; ++t) {
    size[t] = std::exp(config.capacity_sigma * random.Normal());
    region_size[terrain->target_region[t]] += size[t];
  }
  double supply = 0;
  for (const Draft& r : kRegions) supply += r.audience * r.supply;
  const double total = config.capacity_factor * config.audiences[0].Peak() * config.bitrate_mbps;
  size_t in_region = 0;
  for (size_t t = 0; t < config.targets; ++t) {
    const uint8_t r = terrain->target_region[t];
    in_region = t > 0 && terrain->target_region[t - 1] == r ? in_region + 1 : 0;
    const Draft& region = kRegions[r];
    const double capacity =
        total * region.audience * region.supply / supply * size[t] / region_size[r];
    // Every tenth target belongs to the same CDN: four CDNs, 40 % of the targets.
    terrain->target_provider.push_back(
        t % 10 < kProviderCount - 1 ? static_cast<uint8_t>(t % 10 + 1) : 0);
    terrain->capacity_mbps.push_back(capacity);
    Target target{.name = absl::StrFormat("%s-%02d", region.name, in_region + 1),
                  .location = Near(region.centre, region.spread_deg, &random)};
    target.addresses_v4 = {*IpAddress::Parse(absl::StrCat("192.0.2.", t % 250 + 1))};
    target.host = target.name + ".example.net";
    target.scheme = "https";
    target.capacity.Set(Resource::kEgress, capacity);
    policy->targets.push_back(std::move(target));
  }
}

// Parts of the audience by group: Pareto within the region, none above the share allowed.
std::vector<double> GroupParts(const WorldConfig& config, const std::vector<uint8_t>& region_of,
                               Random random) {
  std::vector<double> part(config.groups), region_sum(kRegionCount, 0);
  for (size_t i = 0; i < config.groups; ++i) {
    part[i] = random.Pareto(config.pareto);
    region_sum[region_of[i]] += part[i];
  }
  double total = 0;
  for (size_t i = 0; i < config.groups; ++i) {
    const double regional = kRegions[region_of[i]].audience * part[i] / region_sum[region_of[i]];
    total += part[i] = std::min(regional, config.group_share_max);
  }
  for (double& p : part) p /= total;
  return part;
}

std::string GroupAddress(size_t group) {
  return absl::StrCat("10.", group / 256, ".", group % 256, ".0");
}

// Metro m is label m; the groups follow.
std::vector<Metro> AddGroups(const WorldConfig& config, const std::vector<uint8_t>& region_of,
                             Random random, Policy* policy) {
  std::vector<Metro> metros;
  std::vector<NamedGroup> leaves;
  for (size_t i = 0; i < config.groups; ++i) {
    const uint8_t r = region_of[i];
    const bool region_begins = i == 0 || region_of[i - 1] != r;
    if (region_begins || policy->groups.back().prefixes.size() == kGroupsPerMetro) {
      metros.push_back({r, Near(kRegions[r].centre, kRegions[r].spread_deg, &random)});
      policy->groups.push_back({.name = absl::StrFormat("metro-%04d", metros.size())});
    }
    const IpPrefix prefix = *IpPrefix::Parse(GroupAddress(i) + "/24");
    policy->groups.back().prefixes.push_back(prefix);
    leaves.push_back({.name = absl::StrFormat("group-%05d", i),
                      .prefixes = {prefix},
                      .location = Near(metros.back().place, kMetroSpreadDeg, &random)});
  }
  policy->groups.insert(policy->groups.end(), leaves.begin(), leaves.end());
  return metros;
}

void AddServices(const WorldConfig& config, const std::vector<Metro>& metros, Random random,
                 Policy* policy) {
  std::vector<Fence> fences;
  for (size_t m = 0; m < metros.size(); ++m) {
    fences.push_back(
        {LabelId(m), PickCandidates(metros[m], config.candidates, policy->targets, &random)});
  }
  for (size_t s = 0; s < config.services; ++s) {
    Service service{.name = absl::StrCat("live", s + 1)};
    service.dns_names = {absl::StrCat("live", s + 1, ".example.com")};
    service.hosts = service.dns_names;
    service.bitrate_mbps = config.bitrate_mbps;
    service.session = absl::Seconds(config.players.session_s * config.session_told);
    service.ttl = {.calm = absl::Seconds(config.ttl_s),
                   .shedding = absl::Seconds(config.ttl_s * 2 / 3),
                   .draining = absl::Seconds(config.ttl_s / 3)};
    service.watermark = {config.shed_from, config.watermark, config.hard};
    for (size_t t = 0; t < policy->targets.size(); ++t)
      service.candidates.push_back({.target = TargetId(t)});
    service.fences = fences;
    policy->services.push_back(std::move(service));
  }
}

}  // namespace

Terrain MakeTerrain(const WorldConfig& config, const std::function<void(Policy*)>& edit) {
  CHECK(config.groups >= 1 && config.groups <= kGroupsMax && config.targets >= 2);
  CHECK(config.candidates >= 2 && config.services >= 1);
  const Random random(config.seed);
  Terrain terrain;
  auto policy = std::make_shared<Policy>();
  policy->version = "rehearsal";
  const std::vector<uint8_t> region_of = SpreadOverRegions(config.groups, &Draft::audience);
  AddTargets(config, random.Fork(1), policy.get(), &terrain);
  const std::vector<Metro> metros = AddGroups(config, region_of, random.Fork(2), policy.get());
  AddServices(config, metros, random.Fork(3), policy.get());

  edit(policy.get());
  for (const SharedLimit& limit : policy->limits) terrain.link_mbps.push_back(limit.egress_mbps);
  auto groups = GroupMap::Build(GeoSources{}, policy->groups);
  CHECK(groups.ok());
  auto frame = MakeFrame(policy, *groups, {0, 0, 0});
  CHECK(frame.ok());
  terrain.frame = *frame;

  const CandidateTable& candidates = *terrain.frame->candidates;
  for (const Draft& region : kRegions) terrain.regions.push_back({region.name, region.centre});
  terrain.rows.resize(candidates.row_count());  // clients from elsewhere: nobody
  const std::vector<double> part = GroupParts(config, region_of, random.Fork(4));
  for (size_t i = 0; i < config.groups; ++i) {
    const GroupId group = (*groups)->Locate(*IpAddress::Parse(GroupAddress(i))).group;
    double left = 1;
    for (size_t s = 0; s < config.services; ++s) {
      const size_t row = candidates.RowIndex(ServiceId(s), group);
      const double service_part = s + 1 < config.services ? left / 2 : left;
      left -= service_part;
      terrain.rows[row].part = part[i] * service_part;
      terrain.rows[row].region = region_of[i];
      terrain.rows[row].bitrate_mbps = static_cast<float>(config.bitrate_mbps);
    }
  }
  return terrain;
}

}  // namespace spillway::sim
