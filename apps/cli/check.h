// apps/cli/check.h -- would spillwayd take this directory? All faults of all files at once.
//
//   DIR/*.yaml ──LoadPolicyDirectory──┐
//   ZONES/*.zone ──ZoneSet::Load──────┼──► findings, and which zone each steered name falls into
//   FILE.mmdb ──GroupMap::Build───────┘
//
// A steered name that no zone holds is a warning, unless `dns.nameservers` gives it one of its own.
#ifndef SPILLWAY_APPS_CLI_CHECK_H_
#define SPILLWAY_APPS_CLI_CHECK_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "apps/cli/format.h"
#include "policies/diagnostic.h"

namespace spillway::cli {

struct CheckInput {
  std::string directory;
  std::string zones;  // directory of *.zone; empty = `directory`
  std::string geo;    // mmdb file; empty = none
  absl::Time now;     // whether signatures have ended is judged by it
};

struct CheckResult {
  // How a steered name is answered by DNS.
  struct SteeredName {
    std::string name;
    std::string service;
    std::string zone;       // that holds it; empty = none
    bool own_zone = false;  // dns.nameservers makes it one
  };
  struct Geo {
    std::string type;
    size_t groups = 0;
  };

  std::vector<Diagnostic> diagnostics;  // `file` is a path as the caller may open it
  std::string version;                  // the rest is set only when the policy loads
  size_t targets = 0, services = 0, groups = 0;
  std::vector<std::string> zones;
  std::vector<SteeredName> names;
  std::optional<Geo> geo;

  size_t Count(Severity severity) const;
  bool ok() const { return Count(Severity::kError) == 0; }
};

// Never fails: what cannot be read is a finding.
CheckResult CheckDirectory(const CheckInput& input);

// One line per finding: `file:line:column: error: message`.
std::string FindingsText(const CheckResult& result, const Paint& paint);
// "ok: 12 targets, ..." with zones and names, or how much is wrong.
std::string SummaryText(const CheckResult& result, const Paint& paint);
std::string CheckJson(const CheckResult& result);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_CHECK_H_
