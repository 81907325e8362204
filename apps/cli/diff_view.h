// apps/cli/diff_view.h -- what `spillway diff` prints.
#ifndef SPILLWAY_APPS_CLI_DIFF_VIEW_H_
#define SPILLWAY_APPS_CLI_DIFF_VIEW_H_

#include <string>
#include <vector>

#include "apps/cli/format.h"
#include "sim/report/policy_changes.h"
#include "sim/report/policy_diff.h"

namespace spillway::cli {

std::string ChangesText(const std::vector<sim::PolicyChange>& changes, const Paint& paint);
std::string MovesText(const sim::PolicyDiff& diff, const Paint& paint);
// `diff` null: without a scenario.
std::string DiffJson(const std::vector<sim::PolicyChange>& changes, const sim::PolicyDiff* diff);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_DIFF_VIEW_H_
