// apps/cli/format.h -- numbers, ages and words the way a person on call reads them.
//
//   61%   1.5 Gbps   0.4s  12s  3m20s  2h05m  3d04h   [######----]
//
// "-" stands for "not known" everywhere; it is never a zero.
#ifndef SPILLWAY_APPS_CLI_FORMAT_H_
#define SPILLWAY_APPS_CLI_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spillway::cli {

// Colour of a piece of output; kPlain when colour is off.
enum class Tone : uint8_t { kPlain, kBold, kDim, kGood, kWarning, kBad };

// Writes escape sequences only when colour is wanted.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string operator()(Tone tone, absl::string_view text) const;

 private:
  bool on_;
};

// `text` with control characters (C0, DEL and, in UTF-8, C1) as \xNN, line breaks as spaces.
std::string Printable(absl::string_view text);
// Appends those lines of `text`, as Printable, that `out` does not hold yet.
void AppendNewLines(absl::string_view text, std::string* out);
// Columns `text` takes, counting each UTF-8 sequence as one.
size_t Width(absl::string_view text);
// `text`, filled with blanks to `width` columns.
std::string PadRight(absl::string_view text, size_t width);

std::string Percent(double fraction);
std::string Percent(std::optional<double> fraction);
std::string Bitrate(std::optional<double> mbps);     // below zero too
std::string Milliseconds(std::optional<double> ms);  // "14.2"
std::string Age(double seconds);
std::string Age(std::optional<double> seconds);
// "2026-11-22T18:05:00Z"
std::string When(absl::Time time);
// `[####-|----]`: full from 1, blank for nothing known; `|` where the plan takes it. width > 0.
std::string Bar(std::optional<double> fraction, std::optional<double> planned = std::nullopt,
                int width = 10);
// "1 target", "2 targets".
std::string Plural(int64_t count, absl::string_view noun);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_FORMAT_H_
