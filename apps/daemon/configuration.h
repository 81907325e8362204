// apps/daemon/configuration.h -- policy, zones and geo database from disk, together or not at all.
//
//   policy directory/*.yaml ─► Policy ─┐
//   mmdb files ─► GroupMap ────────────┼─► Frame ─┐
//   zone directory/*.zone ─► ZoneSet ──┤          │
//   cookie secrets, TSIG keys ─────────┴──────────┴─► Configuration, or every error of every part
//
// `spillway check` judges policy and zones by the same libraries but makes no Frame: fences that
// exclude each other for a group are found here only.
// thread safety: free functions without state; a Configuration is immutable.
#ifndef SPILLWAY_APPS_DAEMON_CONFIGURATION_H_
#define SPILLWAY_APPS_DAEMON_CONFIGURATION_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "dns/transfer/transfer_table.h"
#include "dns/wire/cookie.h"
#include "dns/zone/zone_set.h"
#include "steering/geo/group_map.h"
#include "steering/plan/grants.h"
#include "steering/plan/plan.h"

namespace spillway {

struct ConfigurationSources {
  std::string policy_directory;
  std::string zone_directory;      // empty = the policy directory
  std::string cookie_secret_file;  // empty = none
  std::string tsig_key_file;       // empty = none
  GeoSources geo;
  std::string state_directory;  // where the map of client groups is kept; empty = nowhere
  std::array<size_t, kFrontCount> workers{};  // of each front, for the grant counters
};

struct Configuration {
  std::shared_ptr<const Frame> frame;
  std::shared_ptr<const dns::ZoneSet> zones;
  std::shared_ptr<const dns::CookieSecrets> cookies;  // null without a file of them
  std::shared_ptr<const dns::TransferTable> transfers;
  uint64_t geo_fingerprint = 0;  // of the database files the group map was made of
};

struct ConfigurationResult {
  std::shared_ptr<const Configuration> configuration;  // null when there was an error
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// `now`: serial of the SOA of zones made for steered names outside every zone file. `previous` (may
// be null) lends its group map when neither named groups nor database files changed, and the
// history of its zones.
ConfigurationResult LoadConfiguration(const ConfigurationSources& sources, absl::Time now,
                                      const Configuration* previous);

// Changes whenever a file that LoadConfiguration would read does: names, sizes, times, inodes.
// Cheap enough to ask several times a second, and unlike inotify it sees network file systems and
// swapped links.
uint64_t Fingerprint(const ConfigurationSources& sources);

}  // namespace spillway

#endif  // SPILLWAY_APPS_DAEMON_CONFIGURATION_H_
