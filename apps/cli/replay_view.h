// apps/cli/replay_view.h -- what a replay found, for people and for programs.
#ifndef SPILLWAY_APPS_CLI_REPLAY_VIEW_H_
#define SPILLWAY_APPS_CLI_REPLAY_VIEW_H_

#include <string>

#include "apps/cli/format.h"
#include "apps/cli/replay.h"

namespace spillway::cli {

std::string ReplayText(const ReplayResult& result, const Paint& paint);
std::string ReplayJson(const ReplayResult& result);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_REPLAY_VIEW_H_
