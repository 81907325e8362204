// base/units.h -- quantities as people write them, with their units spelled out.
//
//   bitrate   "400 Gbps" "12 Tbps" "5 Mbps" "300 kbps"     -> Mbps
//   rate      "2000/s" "1.5k/s"                             -> per second
//   count     "65M" "1200" "3k"                             -> number
//   duration  "30s" "15ms" "5m" "2h" "1d" "1h30m"           -> absl::Duration
//   fraction  "85%" or 0.85                                  -> 0..1 (or beyond; callers bound it)
//
// Every parser takes the whole text or fails; a missing unit fails (a bare "400" is not a bitrate).
#ifndef SPILLWAY_BASE_UNITS_H_
#define SPILLWAY_BASE_UNITS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spillway {

std::optional<double> ParseBitrateMbps(absl::string_view text);
std::optional<double> ParseRatePerSecond(absl::string_view text);
std::optional<double> ParseCount(absl::string_view text);
std::optional<absl::Duration> ParseDurationText(absl::string_view text);
std::optional<double> ParseFraction(absl::string_view text);

std::string FormatBitrate(double mbps);       // "1.25 Tbps"
std::string FormatCount(double count);        // "65M"
std::string FormatFraction(double fraction);  // "85.0%"

}  // namespace spillway

#endif  // SPILLWAY_BASE_UNITS_H_
