#include "sim/scenario/stage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "policies/diagnostic.h"
#include "policies/loader.h"
#include "sim/scenario/scenario_file.h"
#include "steering/geo/group_map.h"

namespace spillway::sim {
namespace {

using policies::Diagnostics;

constexpr double kShareSlack = 1e-6;  // of parts that are written with some digits

std::string DirectoryOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? "." : std::string(path.substr(0, slash));
}

std::string Beside(absl::string_view path, const std::string& name) {
  return absl::StartsWith(name, "/") ? name : absl::StrCat(DirectoryOf(path), "/", name);
}

absl::StatusOr<std::shared_ptr<const Policy>> LoadPolicy(const std::string& directory) {
  PolicyResult result = LoadPolicyDirectory(directory);
  if (result.ok()) return result.policy;
  std::vector<Diagnostic>& found = result.diagnostics;
  found.erase(std::remove_if(found.begin(), found.end(),
                             [](const Diagnostic& d) { return d.severity != Severity::kError; }),
              found.end());
  return absl::InvalidArgumentError(FormatDiagnostics(found, directory));
}

absl::StatusOr<std::shared_ptr<const Frame>> FrameOf(std::shared_ptr<const Policy> policy,
                                                     const std::string& file,
                                                     const std::vector<NetworkPlace>& places) {
  GeoSources sources;
  for (const NetworkPlace& place : places)
    sources.networks.push_back({place.prefix,
                                {.country = place.country,
                                 .region = place.region,
                                 .asn = place.asn,
                                 .location = place.at}});
  auto& networks = sources.networks;
  std::sort(networks.begin(), networks.end(),
            [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
  for (size_t i = 1; i < networks.size(); ++i) {
    if (networks[i - 1].prefix.Contains(networks[i].prefix.address))
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": error: ", networks[i].prefix.ToString(), " lies inside ",
                       networks[i - 1].prefix.ToString(), "\n"));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const GroupMap> groups,
                   GroupMap::Build(sources, policy->groups));
  return MakeFrame(std::move(policy), std::move(groups), {0, 0, 0});
}

// Weight of every place in one stream's audience; sums to 1.
std::vector<double> PartsOf(const StreamSpec& stream, const std::vector<NetworkPlace>& places,
                            Diagnostics* diagnostics) {
  absl::flat_hash_map<std::string, double> share, weight;
  double named = 0, rest = 0;
  for (const auto& [country, part] : stream.share) {
    share[country] = part;
    named += part;
  }
  for (const NetworkPlace& place : places) {
    if (share.contains(place.country)) {
      weight[place.country] += place.weight;
    } else {
      rest += place.weight;
    }
  }
  for (const auto& [country, part] : stream.share) {
    if (part > 0 && !(weight[country] > 0))
      diagnostics->Error(stream.place, {.what = absl::StrCat("streams.", stream.service,
                                                             ".share: no place in ", country)});
  }
  if (rest == 0 && named < 1 - kShareSlack)
    diagnostics->Error(stream.place,
                       {.what = absl::StrCat("streams.", stream.service,
                                             ".share: ", std::round((1 - named) * 1000) / 10,
                                             "% of the audience lives nowhere: no place is in "
                                             "another country")});
  std::vector<double> parts;
  double sum = 0;
  for (const NetworkPlace& place : places) {
    const auto it = share.find(place.country);
    const double part = it != share.end() ? it->second * place.weight / weight[place.country]
                        : rest > 0        ? (1 - named) * place.weight / rest
                                          : 0;
    parts.push_back(part);
    sum += part;
  }
  for (double& part : parts) part /= std::max(1e-12, sum);
  return parts;
}

// A country, or a part of one where places tell regions.
std::vector<uint16_t> AddRegions(const std::vector<NetworkPlace>& places, Terrain* terrain) {
  absl::flat_hash_map<std::string, uint16_t> known;
  std::vector<uint16_t> region_of;
  for (const NetworkPlace& place : places) {
    const std::string name =
        place.region.empty() ? place.country : absl::StrCat(place.country, "-", place.region);
    const auto [it, fresh] = known.emplace(name, static_cast<uint16_t>(terrain->regions.size()));
    if (fresh) terrain->regions.push_back({name, place.at});
    region_of.push_back(it->second);
  }
  return region_of;
}

// One cache among a row's others: so many viewers stand behind it that it hardly counts as one.
constexpr double kOneCacheViewers = 1e9;

double RowEach(const RowClients& row) {
  return row.viewers_per_cache > 0 ? row.viewers_per_cache : kOneCacheViewers;
}

// Adds a place's clients to its row. Bitrate and detour are averaged by audience, caches add up.
void AddClients(const NetworkPlace& place, double part, uint16_t curve, uint16_t region,
                double bitrate_mbps, double viewers_each, RowClients* row) {
  if (part <= 0) return;
  const double all = row->part + part, mine = part / all;
  row->bitrate_mbps =
      static_cast<float>((1 - mine) * row->bitrate_mbps + mine * place.bitrate * bitrate_mbps);
  row->detour_ms = static_cast<float>((1 - mine) * row->detour_ms + mine * place.detour_ms);
  row->one_cache = (row->part == 0 || row->one_cache) && place.viewers_per_cache < 0;
  if (!row->one_cache) {
    const double each = place.viewers_per_cache > 0   ? place.viewers_per_cache
                        : place.viewers_per_cache < 0 ? kOneCacheViewers
                                                      : viewers_each;
    const double before = row->part > 0 ? (1 - mine) / RowEach(*row) : 0;
    row->viewers_per_cache = static_cast<float>(1 / (before + mine / each));
  }
  if (mine >= 0.5) row->region = region;
  row->curve = curve;
  row->part = all;
}

void AddRows(const ScenarioFile& file, const std::vector<NetworkPlace>& places, Stage* stage,
             Diagnostics* diagnostics) {
  Terrain& terrain = stage->terrain;
  const Frame& frame = *terrain.frame;
  terrain.rows.resize(frame.candidates->row_count());
  const std::vector<uint16_t> region_of = AddRegions(places, &terrain);
  std::vector<Audience>& audiences = stage->scenario.world.audiences;
  const double viewers_each = stage->scenario.world.resolvers.viewers_each;
  audiences.clear();
  for (const StreamSpec& stream : file.streams) {
    const std::optional<ServiceId> service = frame.policy->FindService(stream.service);
    if (!service) {
      std::vector<std::string> known;
      for (const Service& s : frame.policy->services) known.push_back(s.name);
      diagnostics->Error(stream.place, {.what = absl::StrCat("the policy has no service ",
                                                             policies::Quoted(stream.service)),
                                        .want = absl::StrCat("one of ", absl::StrJoin(known, ", ")),
                                        .meant = Suggest(stream.service, known)});
      continue;
    }
    const auto curve = static_cast<uint16_t>(audiences.size());
    audiences.push_back(stream.audience);
    const std::vector<double> parts = PartsOf(stream, places, diagnostics);
    for (size_t i = 0; i < places.size(); ++i) {
      const GroupId group = frame.groups->Locate(places[i].prefix.address).group;
      AddClients(places[i], parts[i], curve, region_of[i],
                 frame.policy->service(*service).bitrate_mbps, viewers_each,
                 &terrain.rows[frame.candidates->RowIndex(*service, group)]);
    }
  }
}

void AddTargets(Terrain* terrain, Diagnostics* diagnostics) {
  for (const Target& target : terrain->frame->policy->targets) {
    if (!target.capacity.has(Resource::kEgress))
      diagnostics->Error({},
                         {.what = absl::StrCat("target ", target.name,
                                               " of the policy has no "
                                               "egress capacity: nothing to rehearse against")});
    terrain->capacity_mbps.push_back(
        target.capacity.has(Resource::kEgress) ? target.capacity[Resource::kEgress] : 0);
  }
  for (const SharedLimit& limit : terrain->frame->policy->limits)
    terrain->link_mbps.push_back(limit.egress_mbps);
}

// The targets or links that a fault names.
void Find(const NamedWhere& named, const Policy& policy, Fault* fault, Diagnostics* diagnostics) {
  std::vector<size_t>& listed = fault->where.listed;
  std::vector<std::string> targets, tags, links;
  for (const Target& target : policy.targets) {
    targets.push_back(target.name);
    tags.insert(tags.end(), target.tags.begin(), target.tags.end());
  }
  for (const SharedLimit& limit : policy.limits) links.push_back(limit.name);
  auto unknown = [&](const NamedWhere::Name& name, absl::string_view what,
                     const std::vector<std::string>& known) {
    diagnostics->Error(name.place, {.what = absl::StrCat("the policy has no ", what, " ",
                                                         policies::Quoted(name.text)),
                                    .meant = Suggest(name.text, known)});
  };
  for (const NamedWhere::Name& tag : named.tags) {
    const size_t before = listed.size();
    for (size_t t = 0; t < policy.targets.size(); ++t) {
      const std::vector<std::string>& of = policy.targets[t].tags;
      if (std::find(of.begin(), of.end(), tag.text) != of.end()) listed.push_back(t);
    }
    if (listed.size() == before) unknown(tag, "target with the tag", tags);
  }
  for (const NamedWhere::Name& name : named.targets) {
    const std::optional<TargetId> target = policy.FindTarget(name.text);
    if (!target) unknown(name, "target", targets);
    if (target) listed.push_back(target->index());
  }
  for (const NamedWhere::Name& name : named.links) {
    const auto it = std::find(links.begin(), links.end(), name.text);
    if (it == links.end()) unknown(name, "limit", links);
    if (it != links.end()) listed.push_back(static_cast<size_t>(it - links.begin()));
  }
  std::sort(listed.begin(), listed.end());
  listed.erase(std::unique(listed.begin(), listed.end()), listed.end());
  fault->where.kind = listed.empty() ? Where::Kind::kAll : Where::Kind::kListed;
  if (fault->kind != Fault::Kind::kProbeFail) return;
  const bool probed =
      std::any_of(policy.targets.begin(), policy.targets.end(), [&](const Target& target) {
        const auto t = static_cast<size_t>(&target - policy.targets.data());
        return !target.probes.empty() &&
               (listed.empty() || std::binary_search(listed.begin(), listed.end(), t));
      });
  if (!probed)
    diagnostics->Error(named.place,
                       {.what = "faults: `probe-fail`: none of the targets is probed"});
}

// What the file says by itself, and where its policy is.
void Describe(const std::string& path, const ScenarioFile& file, const StageOptions& options,
              Stage* stage) {
  stage->title = file.title;
  stage->fits = file.fits;
  stage->policy_directory = options.policy.empty() ? Beside(path, file.policy) : options.policy;
  stage->scenario = file.scenario;
  std::string& name = stage->scenario.name;
  const size_t slash = path.rfind('/');
  name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  if (const size_t dot = name.rfind(".yaml"); dot != std::string::npos) name.resize(dot);
  if (options.seed) stage->scenario.world.seed = *options.seed;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Stage>> LoadStage(const std::string& path,
                                                       const StageOptions& options) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Diagnostics diagnostics({path});
  ScenarioFile file = ReadScenario(text, &diagnostics);
  if (diagnostics.errors() > 0)
    return absl::InvalidArgumentError(FormatDiagnostics(diagnostics.Take()));
  auto stage = std::make_shared<Stage>();
  Describe(path, file, options, stage.get());

  const std::string places = Beside(path, file.places);
  absl::StatusOr<std::string> table = ReadFile(places);
  if (!table.ok())
    diagnostics.Error(file.places_place,
                      {.what = absl::StrCat("places: ", table.status().message())});
  absl::StatusOr<std::vector<NetworkPlace>> parsed =
      table.ok() ? ParsePlaces(places, *table)
                 : absl::StatusOr<std::vector<NetworkPlace>>(table.status());
  absl::StatusOr<std::shared_ptr<const Policy>> policy = LoadPolicy(stage->policy_directory);
  if (!policy.ok()) diagnostics.Error(file.policy_place, {.what = "policy: does not load"});
  if (diagnostics.errors() > 0 || !parsed.ok()) {
    std::string all = FormatDiagnostics(diagnostics.Take());
    if (table.ok() && !parsed.ok()) absl::StrAppend(&all, parsed.status().message(), "\n");
    if (!policy.ok()) absl::StrAppend(&all, policy.status().message());
    return absl::InvalidArgumentError(all);
  }
  stage->places = *std::move(parsed);
  ASSIGN_OR_RETURN(stage->terrain.frame, FrameOf(*policy, places, stage->places));
  AddTargets(&stage->terrain, &diagnostics);
  AddRows(file, stage->places, stage.get(), &diagnostics);
  for (size_t i = 0; i < file.wheres.size(); ++i)
    Find(file.wheres[i], **policy, &stage->scenario.faults[i], &diagnostics);
  if (diagnostics.errors() > 0)
    return absl::InvalidArgumentError(FormatDiagnostics(diagnostics.Take()));
  return std::shared_ptr<const Stage>(std::move(stage));
}

}  // namespace spillway::sim
