// apps/cli/rehearse_view.h -- what `spillway rehearse` prints: the verdict first, then why.
#ifndef SPILLWAY_APPS_CLI_REHEARSE_VIEW_H_
#define SPILLWAY_APPS_CLI_REHEARSE_VIEW_H_

#include <string>
#include <vector>

#include "apps/cli/format.h"
#include "sim/report/evening.h"

namespace spillway::cli {

// "2024-11-16 02:14:05Z  41 %  38.2M viewers  fullest ams1 87 %  stalled none"
std::string ProgressLine(const sim::Progress& now);

std::string EveningText(const sim::Evening& evening, const Paint& paint);
// A row for each; distance and price as what is beyond the clairvoyant's, when it is among them.
std::string ComparisonText(const std::vector<sim::Evening>& evenings, const Paint& paint);
// Title, policy, seed, what was played and how long that took.
std::string FactsText(const std::vector<sim::Evening>& evenings, double took_s);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_REHEARSE_VIEW_H_
