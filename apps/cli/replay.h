// apps/cli/replay.h -- `spillway rehearse --recording`: an evening that was, played again.
//
//   DIR/*.rec, in order ─► Decoder ─► Replayer ─► every plan compared with the recorded hash
//                                        └─► WhatIf(--policy) ─► the same audience, another policy
//
// Needs no server. One file is in memory at a time.
#ifndef SPILLWAY_APPS_CLI_REPLAY_H_
#define SPILLWAY_APPS_CLI_REPLAY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/diagnostic.h"
#include "steering/replay/replayer.h"
#include "steering/replay/what_if.h"

namespace spillway::cli {

struct ReplayInput {
  std::string recording;  // a directory of *.rec, or one of them
  std::string policy;     // directory of another policy; empty = the recorded one only
};

struct ReplayResult {
  // A file that is not whole, and what could not be read of it.
  struct Damage {
    std::string file;
    std::string what;
    uint64_t lost_bytes = 0;
  };

  std::string error;                      // nothing could be replayed
  std::vector<Diagnostic> policy_errors;  // of --policy; `file` without its directory
  size_t files = 0;
  uint64_t bytes = 0;
  std::vector<Damage> damage;
  std::vector<replay::Stretch> stretches;
  std::optional<replay::WhatIfReport> what_if;
  std::string policy_version;  // of --policy

  // Every plan that had to be identical is.
  bool identical() const;
};

// Never fails: what cannot be read is in the result.
ReplayResult ReplayRecording(const ReplayInput& input);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_REPLAY_H_
