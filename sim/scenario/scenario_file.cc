#include "sim/scenario/scenario_file.h"

#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "policies/schema_check.h"
#include "policies/schema_objects.h"
#include "policies/text_check.h"
#include "policies/yaml.h"
#include "sim/scenario/scenario_schema.h"

namespace spillway::sim {
namespace {

using policies::Diagnostics;
using policies::MapReader;
using policies::Node;
using policies::ObjectSpec;

// Three quarters of a logistic lie within 2 ln 7 = 3.9 scales.
constexpr double kBurstScales = 3.9;

double Seconds(const MapReader& reader, absl::string_view key) {
  return absl::ToDoubleSeconds(reader.Get<absl::Duration>(key));
}
// The world steps by seconds.
int WholeSeconds(const MapReader& reader, absl::string_view key, Diagnostics* diagnostics) {
  const double value = Seconds(reader, key);
  if (value != std::floor(value))
    diagnostics->Error(reader.PlaceOf(key), {.what = absl::StrCat(key, ": not whole seconds"),
                                             .want = "whole seconds",
                                             .got = absl::StrCat(value, "s")});
  return static_cast<int>(value);
}
bool IsOn(const MapReader& reader, absl::string_view key) {
  return reader.Get<std::string>(key) == "on";
}

const ObjectSpec& Object(absl::string_view key) { return *ScenarioSchema().Find(key)->object; }

StreamSpec ReadStream(const Node::Member& member, Diagnostics* diagnostics) {
  const ObjectSpec& spec = Object("streams");
  const MapReader reader(&member.value, spec);
  StreamSpec stream{.service = member.key.text, .place = member.key.place};
  stream.audience.base = 0;
  stream.audience.surges.clear();
  for (const Node* item : reader.Items("curve")) {
    const MapReader point(item, *spec.Find("curve")->object);
    const double at = Seconds(point, "at");
    if (!stream.audience.points.empty() && at <= stream.audience.points.back().at_s)
      diagnostics->Error(item->place, {.what = "the points of a curve must follow in time"});
    stream.audience.points.push_back({at, point.Get<double>("viewers")});
  }
  for (const Node* item : reader.Items("bursts")) {
    const MapReader burst(item, *spec.Find("bursts")->object);
    stream.audience.surges.push_back({.at_s = Seconds(burst, "at"),
                                      .scale_s = Seconds(burst, "over") / kBurstScales,
                                      .viewers = burst.Get<double>("viewers")});
  }
  double sum = 0;
  for (const Node::Member* share : reader.Members("share")) {
    stream.share.emplace_back(share->key.text, std::get<double>(share->value.value));
    sum += stream.share.back().second;
  }
  if (sum > 1 + 1e-9)
    diagnostics->Error(reader.PlaceOf("share"),
                       {.what = absl::StrCat("streams.", stream.service, ".share: more than all"),
                        .want = "at most 100% together",
                        .got = absl::StrCat(sum * 100, "%")});
  return stream;
}

void ReadPlayers(const MapReader& reader, const MapReader& root, Diagnostics* diagnostics,
                 Players* out) {
  *out = {.session_s = Seconds(reader, "session"),
          .redirect = reader.Get<double>("redirect"),
          .dns_only = reader.Get<double>("dns_only"),
          .steered = reader.Get<double>("steered"),
          .abandon_per_s = reader.Get<double>("abandon"),
          .retry = reader.Get<double>("retry"),
          .retry_s = Seconds(reader, "retry_after"),
          .retry_asks = reader.Get<double>("retry_asks"),
          .adapt = IsOn(reader, "adapt"),
          .hls = reader.Get<double>("hls")};
  if (out->dns_only + out->redirect > 1 || out->dns_only + out->steered > 1)
    diagnostics->Error(
        root.PlaceOf("players"),
        {.what = "players: dns_only with redirect, or with steered, is more than all"});
}

void ReadWorld(const MapReader& root, WorldConfig* world, Diagnostics* diagnostics) {
  world->seed = static_cast<uint64_t>(root.Get<int64_t>("seed"));
  world->start = root.Get<absl::Time>("start");
  const MapReader noise = root.Object("noise");
  world->demand_sigma = noise.Get<double>("sigma");
  world->demand_tau_s = Seconds(noise, "lasts");
  ReadPlayers(root.Object("players"), root, diagnostics, &world->players);
  const MapReader resolvers = root.Object("resolvers");
  world->resolvers.viewers_each = resolvers.Get<double>("viewers_each");
  world->resolvers.stretch = resolvers.Get<double>("stretch");
  world->resolvers.stretch_s = Seconds(resolvers, "stretch_to");
  world->resolvers.straggle = resolvers.Get<double>("straggle");
  world->resolvers.straggle_s = Seconds(resolvers, "straggle_to");
  if (world->resolvers.stretch + world->resolvers.straggle > 1)
    diagnostics->Error(root.PlaceOf("resolvers"),
                       {.what = "resolvers: stretch and straggle are more than all"});
  const MapReader caches = root.Object("caches");
  world->caches = {caches.Get<double>("cold_loss"), Seconds(caches, "warm_in"),
                   Seconds(caches, "cool_in")};
  const MapReader feeds = root.Object("feeds");
  world->feeds = {.period_s = WholeSeconds(feeds, "period", diagnostics),
                  .delay_s = WholeSeconds(feeds, "delay", diagnostics),
                  .noise = feeds.Get<double>("noise"),
                  .ttl_s = WholeSeconds(feeds, "ttl", diagnostics),
                  .sessions = IsOn(feeds, "sessions"),
                  .loss = feeds.Get<double>("loss")};
  for (const Node* item : root.Items("scenes")) {
    const MapReader scene(item, Object("scenes"));
    const double at = Seconds(scene, "at");
    if (!world->scenes.empty() && at <= world->scenes.back().at_s)
      diagnostics->Error(item->place, {.what = "scenes must follow in time"});
    world->scenes.push_back({at, scene.Get<double>("factor")});
  }
}

void ReadLength(const MapReader& root, ScenarioFile* out, Diagnostics* diagnostics) {
  const MapReader nodes = root.Object("nodes");
  Scenario& scenario = out->scenario;
  scenario.nodes = {static_cast<int>(nodes.Get<int64_t>("count")), Seconds(nodes, "sharing")};
  scenario.seconds = static_cast<int>(absl::ToInt64Seconds(root.GetOr("length", absl::Hours(24))));
  scenario.scored_from_s = Seconds(root, "scored_from");
  if (scenario.scored_from_s >= scenario.seconds)
    diagnostics->Error(root.PlaceOf(root.Has("scored_from") ? "scored_from" : "length"),
                       {.what = "scored_from: nothing is left to score",
                        .want = absl::StrCat("less than the length, ", scenario.seconds, "s"),
                        .got = absl::StrCat(scenario.scored_from_s, "s")});
}

}  // namespace

ScenarioFile ReadScenario(absl::string_view text, Diagnostics* diagnostics) {
  ScenarioFile out;
  if (!policies::CheckText(0, text, diagnostics)) return out;
  std::optional<Node> tree = policies::ParseYaml(0, text, diagnostics);
  if (!tree) return out;
  policies::CheckSchema(ScenarioSchema(), "", &*tree, diagnostics);
  const MapReader root(&*tree, ScenarioSchema());
  out.title = root.GetOr<std::string>("title", "");
  out.policy = root.GetOr<std::string>("policy", "");
  out.policy_place = root.PlaceOf("policy");
  out.places = root.GetOr<std::string>("places", "");
  out.places_place = root.PlaceOf("places");
  out.fits = IsOn(root, "fits");
  ReadWorld(root, &out.scenario.world, diagnostics);
  for (const Node::Member* member : root.Members("streams"))
    out.streams.push_back(ReadStream(*member, diagnostics));
  ReadLength(root, &out, diagnostics);
  ReadFaults(root, &out, diagnostics);
  return out;
}

}  // namespace spillway::sim
