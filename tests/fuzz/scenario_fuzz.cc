// tests/fuzz/scenario_fuzz.cc -- any bytes as a scenario and as a table of places: never a crash, and
// what is read is sound.
//
// A byte 00 parts the scenario from the table. Properties: numbers are finite and in range, points
// follow in time, each fault has its `where`; reading again says the same.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/check.h"
#include "policies/diagnostic.h"
#include "sim/scenario/places.h"
#include "sim/scenario/scenario_file.h"

namespace spillway::sim {
namespace {

void RunScenario(absl::string_view text) {
  policies::Diagnostics diagnostics({"s.yaml"}), again({"s.yaml"});
  const ScenarioFile file = ReadScenario(text, &diagnostics);
  ReadScenario(text, &again);
  const size_t errors = diagnostics.errors();
  CHECK(diagnostics.Take() == again.Take());
  if (errors > 0) return;
  CHECK(!file.streams.empty() && file.scenario.seconds >= 60);
  CHECK(file.wheres.size() == file.scenario.faults.size());
  for (const StreamSpec& stream : file.streams) {
    CHECK(!stream.audience.points.empty());
    CHECK(std::isfinite(stream.audience.At(30)) && stream.audience.At(30) >= 0);
    CHECK(std::isfinite(stream.audience.Peak()));
  }
  CHECK(std::isfinite(SceneFactor(file.scenario.world.scenes, 30)));
  CHECK(file.scenario.world.resolvers.stretch + file.scenario.world.resolvers.straggle <= 1);
}

void RunPlaces(absl::string_view text) {
  const auto places = ParsePlaces("p.csv", text);
  if (!places.ok()) {
    CHECK(!places.status().message().empty());
    return;
  }
  CHECK(!places->empty() && places->size() <= kPlacesMax);
  for (const NetworkPlace& place : *places) {
    CHECK(place.weight >= 0 && place.bitrate > 0 && place.detour_ms >= 0);
    CHECK(std::abs(place.at.lat) <= 90 && std::abs(place.at.lon) <= 180);
    CHECK(place.prefix.address.is_v4());
  }
}

}  // namespace
}  // namespace spillway::sim

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(
      absl::string_view(reinterpret_cast<const char*>(data), size), absl::MaxSplits('\0', 1));
  spillway::sim::RunScenario(parts.first);
  spillway::sim::RunPlaces(parts.second);
  return 0;
}
