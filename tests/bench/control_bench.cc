// tests/bench/control_bench.cc -- how well we steer, against rivals and against perfect knowledge, in
// the prototype's world: a table of scenarios, and what each part of the controller is worth.
//
// Each cell: % of viewer-seconds on targets asked for more than they have / peak utilisation / sessions
// moved while playing, per viewer-hour. A second table says how far off the forecast was that was
// planned by. docs/CONTROLLER.md explains rows and columns.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "sim/rehearsal.h"
#include "sim/rivals/rivals.h"
#include "sim/steering.h"
#include "sim/terrain.h"

ABSL_FLAG(uint32_t, groups, 2000, "client groups");
ABSL_FLAG(uint32_t, targets, 120, "targets");
ABSL_FLAG(uint32_t, candidates, 16, "targets a group may use");
ABSL_FLAG(uint32_t, seconds, 7200, "length of the evening; faults begin at 2700 to 4500 s");
ABSL_FLAG(uint32_t, seed, 1, "of the world");
ABSL_FLAG(double, steered, 0.5, "part of the players that obey content steering");
ABSL_FLAG(double, capacity, 1.2, "all capacity, as a multiple of the peak");
ABSL_FLAG(double, background, 0, "part of the capacity that moves unseen");
ABSL_FLAG(bool, resolvers, true, "arrivals are also learned from gaps between queries");
std::vector<std::string> UsualScenarios() {
  return {"none", "cdnloss", "flap", "freeze", "lie", "cut", "grand", "over"};
}
ABSL_FLAG(
    std::vector<std::string>, scenarios, UsualScenarios(),
    "columns; also: loss, drain, vbr, noisy, longttl; with --ablations: those in which a part "
    "is seen to be worth something");
ABSL_FLAG(std::vector<std::string>, steering,
          (std::vector<std::string>{"nearest", "watermark-shed", "ours", "ours-knowing-demand",
                                    "ours-all-knowing"}),
          "rows; also: the other rivals of docs/RIVALS.md, clairvoyant, and the ablations below");
ABSL_FLAG(bool, rivals, false, "rows: ours, every rival, and clairvoyant, the limit");
ABSL_FLAG(bool, ablations, false,
          "rows: ours, and ours without a part each (no-ledger, no-trend, no-pacing, no-nominal, "
          "no-behaviour, sweeps-4, every-5s)");
ABSL_FLAG(bool, json, false, "one JSON document instead of the table");
ABSL_FLAG(bool, details, false, "a line with every figure after each run");

ABSL_FLAG(uint32_t, trace, 0, "print the fullest targets every so many seconds; 0 = never");
ABSL_FLAG(uint32_t, trace_from, 0, "from this second on");

namespace spillway::sim {
namespace {

struct Entrant {
  std::string name;
  std::unique_ptr<Steering> (*make)();
  int plan_every_s = 1;
};

std::vector<Entrant> MakeEntrants() {
  std::vector<Entrant> entrants = {
      {"ours", [] { return MakeOurs(); }},
      {"ours-knowing-demand", [] { return MakeOurs({}, Knowledge::kDemand); }},
      {"ours-all-knowing", [] { return MakeOurs({}, Knowledge::kAll); }},
      {"no-ledger", [] { return MakeOurs({.ledger = false}); }},
      {"no-trend", [] { return MakeOurs({.trend = false}); }},
      {"no-pacing", [] { return MakeOurs({.pacing = false}); }},
      {"no-nominal", [] { return MakeOurs({.nominal = false}); }},
      {"no-behaviour", [] { return MakeOurs({.behaviour = false}); }},
      {"sweeps-4", [] { return MakeOurs({.sweeps_max = 4}); }},
      {"every-5s", [] { return MakeOurs(); }, 5},
  };
  for (const Rival& rival : Rivals()) entrants.push_back({std::string(rival.name), rival.make});
  return entrants;
}

const std::vector<Entrant>& Entrants() {
  static const auto* const entrants = new std::vector<Entrant>(MakeEntrants());
  return *entrants;
}

const Entrant* FindEntrant(const std::string& name) {
  const auto it = absl::c_find_if(Entrants(), [&](const Entrant& e) { return e.name == name; });
  return it == Entrants().end() ? nullptr : &*it;
}

// What the flags ask for; false after saying what is wrong with them.
bool ReadFlags(std::vector<const Entrant*>* entrants) {
  std::vector<std::string> names = absl::GetFlag(FLAGS_steering);
  if (absl::GetFlag(FLAGS_ablations)) {
    names = {"ours",       "no-ledger",    "no-trend", "no-pacing",
             "no-nominal", "no-behaviour", "sweeps-4", "every-5s"};
    if (absl::GetFlag(FLAGS_scenarios) == UsualScenarios())
      absl::SetFlag(&FLAGS_scenarios, {"none", "cdnloss", "vbr", "flap", "noisy", "longttl"});
  }
  if (absl::GetFlag(FLAGS_rivals)) {
    names = {"ours"};
    for (const Rival& rival : Rivals()) names.emplace_back(rival.name);
  }
  for (const std::string& name : names) {
    entrants->push_back(FindEntrant(name));
    if (entrants->back() != nullptr) continue;
    std::vector<std::string> known;
    for (const Entrant& e : Entrants()) known.push_back(e.name);
    absl::FPrintF(stderr, "--steering: want one of %s; got %s\n", absl::StrJoin(known, ", "), name);
    return false;
  }
  const std::vector<std::string> known = ScenarioNames();
  for (const std::string& name : absl::GetFlag(FLAGS_scenarios)) {
    if (absl::c_linear_search(known, name)) continue;
    absl::FPrintF(stderr, "--scenarios: want one of %s; got %s\n", absl::StrJoin(known, ", "),
                  name);
    return false;
  }
  return true;
}

WorldConfig ReadWorld() {
  WorldConfig config;
  config.seed = absl::GetFlag(FLAGS_seed);
  config.groups = absl::GetFlag(FLAGS_groups);
  config.targets = absl::GetFlag(FLAGS_targets);
  config.candidates = absl::GetFlag(FLAGS_candidates);
  config.capacity_factor = absl::GetFlag(FLAGS_capacity);
  config.background = absl::GetFlag(FLAGS_background);
  config.players.steered = absl::GetFlag(FLAGS_steered);
  config.resolvers.gaps_are_read = absl::GetFlag(FLAGS_resolvers);
  return config;
}

// What the world and the plan say of the fullest targets, side by side.
void Trace(const World& world, const Facts& facts, const Plan& plan) {
  const int every = static_cast<int>(absl::GetFlag(FLAGS_trace));
  if (every == 0 || world.now_s() % every != 0 || plan.targets.empty() ||
      world.now_s() < static_cast<int>(absl::GetFlag(FLAGS_trace_from)))
    return;
  double load = 0, capacity = 0;
  std::vector<size_t> order;
  for (size_t t = 0; t < world.load_mbps().size(); ++t) {
    load += world.load_mbps()[t];
    capacity += world.capacity_mbps()[t];
    order.push_back(t);
  }
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return world.Utilisation(a) > world.Utilisation(b); });
  const ServiceStatus& service = plan.services[0];
  absl::FPrintF(stderr,
                "%d s: load %.1f of %.1f Tbps, refused %.3f, moved %.4f, arrivals %.0f -> %.0f, %d "
                "sweeps%s\n",
                world.now_s(), load / 1e6, capacity / 1e6, service.refused, service.moved,
                service.arrivals_now, service.arrivals_expected, plan.solver_sweeps,
                plan.solver_converged ? "" : ", not converged");
  for (size_t i = 0; i < std::min<size_t>(8, order.size()); ++i) {
    const size_t t = order[i];
    const TargetStatus& status = plan.targets[t];
    absl::FPrintF(stderr,
                  "    %-20s true %.3f of %.0fG | counts on %.0fG%s modelled %.0f corr %+.0f "
                  "pinned %.0f planned "
                  "%.0f room %.0f price %.1f %s\n",
                  plan.policy().targets[t].name, world.Utilisation(t),
                  world.capacity_mbps()[t] / 1e3, status.capacity_mbps / 1e3,
                  status.capacity_estimated ? " (est)" : "", status.modelled_mbps / 1e3,
                  status.correction_mbps / 1e3, status.pinned_mbps / 1e3, status.planned_mbps / 1e3,
                  status.headroom_mbps / 1e3, status.price_ms,
                  FeedStateName(facts.targets[t].feed));
  }
}

// How far off the arrivals were that were planned for, of one evening and its first service.
class Foresight {
 public:
  explicit Foresight(bool trend) : trend_(trend) {}

  void See(const Plan& plan) {
    if (plan.services.empty()) return;
    const ServiceStatus& service = plan.services[0];
    came_.push_back((came_.empty() ? 0 : came_.back()) + service.arrivals_now);
    planned_.push_back({trend_ ? service.arrivals_expected : service.arrivals_now,
                        static_cast<size_t>(absl::ToInt64Seconds(plan.horizon))});
  }
  // Mean error in % of what came over each plan's horizon; negative when nobody foresaw anything.
  double Off() const {
    double off = 0, all = 0;
    for (size_t t = 0; t < planned_.size(); ++t) {
      const auto& [arrivals, horizon] = planned_[t];
      if (horizon == 0 || t + horizon >= came_.size()) continue;
      const double came = (came_[t + horizon] - came_[t]) / static_cast<double>(horizon);
      off += std::abs(arrivals - came);
      all += came;
    }
    return all > 0 ? 100 * off / all : -1;
  }

 private:
  struct Planned {
    double arrivals = 0;  // sessions/s, mean over the horizon
    size_t horizon = 0;   // s
  };
  const bool trend_;
  std::vector<Planned> planned_;  // by second
  std::vector<double> came_;      // sums up to a second
};

std::string Cell(const Result& r) {
  return absl::StrFormat("%.2f/%.2f/%.1f", 100 * r.over_100, r.peak, r.moved_per_hour);
}

void PrintDetails(const Result& r, double took_s) {
  absl::FPrintF(stderr,
                "%-10s %-17s over 100 %%: %.2f%%, over 95 %%: %.2f%%; peak %.2f (%s at %d s), two "
                "minutes after the fault %.2f; moved %.2f, repointed %.1f per viewer-hour; below "
                "100 %% after %.0f s, below the watermark after %.0f s; rtt %.1f ms; waiting "
                "%.2f%%, bitrate %.2f; %.0f s to run\n",
                r.scenario, r.steering, 100 * r.over_100, 100 * r.over_95, r.peak, r.peak_target,
                r.peak_at_s, r.peak_later, r.moved_per_hour, r.repointed_per_hour, r.recovered_s,
                r.below_watermark_s, r.rtt_ms, 100 * r.refused, r.bitrate, took_s);
}

void WriteJson(const Result& r, JsonWriter* json) {
  json->BeginObject().Key("scenario").String(r.scenario).Key("steering").String(r.steering);
  const std::pair<const char*, double> figures[] = {
      {"over_100", r.over_100},
      {"over_95", r.over_95},
      {"peak", r.peak},
      {"peak_at_s", r.peak_at_s},
      {"peak_later", r.peak_later},
      {"moved_per_viewer_hour", r.moved_per_hour},
      {"repointed_per_viewer_hour", r.repointed_per_hour},
      {"recovered_s", r.recovered_s},
      {"below_watermark_s", r.below_watermark_s},
      {"rtt_ms", r.rtt_ms},
      {"cost_ms", r.cost_ms},
      {"refused", r.refused},
      {"bitrate", r.bitrate}};
  for (const auto& [name, value] : figures) json->Key(name).Double(value);
  json->Key("peak_target").String(r.peak_target).EndObject();
}

void PrintTable(absl::string_view what, const std::vector<const Entrant*>& entrants,
                const std::vector<std::vector<std::string>>& cells) {
  absl::PrintF("| %s |", what);
  for (const std::string& name : absl::GetFlag(FLAGS_scenarios)) absl::PrintF(" %s |", name);
  absl::PrintF("\n|---|");
  for (size_t i = 0; i < absl::GetFlag(FLAGS_scenarios).size(); ++i) absl::PrintF("---|");
  for (size_t i = 0; i < entrants.size(); ++i)
    absl::PrintF("\n| %s | %s |", entrants[i]->name, absl::StrJoin(cells[i], " | "));
  absl::PrintF("\n\n");
}

int Main() {
  std::vector<const Entrant*> entrants;
  if (!ReadFlags(&entrants)) return 2;
  const bool as_json = absl::GetFlag(FLAGS_json);
  std::vector<std::vector<std::string>> cells(entrants.size()),
      off = cells;  // by entrant, scenario
  JsonWriter json;
  json.BeginArray();
  for (const std::string& name : absl::GetFlag(FLAGS_scenarios)) {
    Scenario scenario = MakeScenario(name, ReadWorld());
    scenario.seconds = static_cast<int>(absl::GetFlag(FLAGS_seconds));
    const Terrain terrain = MakeTerrain(scenario.world);
    for (size_t i = 0; i < entrants.size(); ++i) {
      scenario.plan_every_s = entrants[i]->plan_every_s;
      const auto steering = entrants[i]->make();
      const int64_t began = Clock::Real().MonotonicNanos();
      Foresight foresight(entrants[i]->name != "no-trend");
      Result result = Rehearse(scenario, terrain, steering.get(),
                               [&](const World& world, const Facts& facts, const Plan& plan) {
                                 Trace(world, facts, plan);
                                 foresight.See(plan);
                               });
      result.steering = entrants[i]->name;
      cells[i].push_back(Cell(result));
      off[i].push_back(foresight.Off() < 0 ? "" : absl::StrFormat("%.0f", foresight.Off()));
      WriteJson(result, &json);
      if (absl::GetFlag(FLAGS_details))
        PrintDetails(result, 1e-9 * static_cast<double>(Clock::Real().MonotonicNanos() - began));
    }
  }
  json.EndArray();
  if (as_json) {
    absl::PrintF("%s\n", json.text());
    return 0;
  }
  PrintTable("% over 100 % / peak / moves", entrants, cells);
  PrintTable("arrivals planned for, % off", entrants, off);
  return 0;
}

}  // namespace
}  // namespace spillway::sim

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("rehearses evenings and prints how they went; see --help");
  absl::ParseCommandLine(argc, argv);
  return spillway::sim::Main();
}
