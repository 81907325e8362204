// sim/scenario/scenario_schema.h -- the scenario language as one table: it reads files, fills in
// what is absent, and writes docs/SCENARIOS.md's reference.
#ifndef SPILLWAY_SIM_SCENARIO_SCENARIO_SCHEMA_H_
#define SPILLWAY_SIM_SCENARIO_SCENARIO_SCHEMA_H_

#include <string>

#include "absl/types/span.h"
#include "policies/schema.h"

namespace spillway::sim {

const policies::ObjectSpec& ScenarioSchema();

// Every object below the root once, in the order of the reference.
absl::Span<const policies::ObjectSpec* const> ScenarioObjects();

// docs/SCENARIOS.md, the whole page. The same in every run.
std::string ScenarioReferenceMarkdown();

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SCENARIO_SCENARIO_SCHEMA_H_
