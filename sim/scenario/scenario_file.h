// sim/scenario/scenario_file.h -- the text of a scenario as numbers; names still as written.
#ifndef SPILLWAY_SIM_SCENARIO_SCENARIO_FILE_H_
#define SPILLWAY_SIM_SCENARIO_SCENARIO_FILE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "policies/diagnostic.h"
#include "policies/node.h"
#include "policies/schema_check.h"
#include "sim/faults.h"
#include "sim/rehearsal.h"
#include "sim/world_config.h"

namespace spillway::sim {

struct StreamSpec {
  std::string service;
  policies::Place place;
  Audience audience;
  std::vector<std::pair<std::string, double>> share;  // by country
};

struct NamedWhere {  // of a fault: what it names, to be found in the policy
  struct Name {
    std::string text;
    policies::Place place;
  };
  policies::Place place;  // of the fault
  std::vector<Name> tags, targets, links;
};

struct ScenarioFile {
  std::string title, policy, places;
  policies::Place policy_place, places_place;  // of these keys, for errors about what they name
  bool fits = true;
  Scenario scenario;  // audiences and the faults' `where` still empty
  std::vector<StreamSpec> streams;
  std::vector<NamedWhere> wheres;  // by fault
};

// Scenario::faults, their wheres and fault_at_s; the rest of `out` is read already. A fault that
// cannot be, says something that its kind does not take, or begins after the end, is an error.
void ReadFaults(const policies::MapReader& root, ScenarioFile* out,
                policies::Diagnostics* diagnostics);

// Complains to `diagnostics`; what it returns is of use only when that is without errors.
ScenarioFile ReadScenario(absl::string_view text, policies::Diagnostics* diagnostics);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SCENARIO_SCENARIO_FILE_H_
