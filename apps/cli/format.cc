#include "apps/cli/format.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/units.h"

namespace spillway::cli {

std::string Paint::operator()(Tone tone, absl::string_view text) const {
  if (!on_ || tone == Tone::kPlain) return std::string(text);
  constexpr absl::string_view kCodes[] = {"0", "1", "2", "32", "33", "1;31"};  // ECMA-48 8.3.117
  return absl::StrCat("\x1b[", kCodes[static_cast<size_t>(tone)], "m", text, "\x1b[0m");
}

std::string Printable(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t c = static_cast<uint8_t>(text[i]);
    uint8_t next = i + 1 < text.size() ? static_cast<uint8_t>(text[i + 1]) : 0;
    if (c == '\n' || c == '\t' || c == '\r') {
      out += ' ';
    } else if (c < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", c);
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {  // U+0080..U+009F: 0x9b begins sequences
      absl::StrAppendFormat(&out, "\\x%02x", next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

void AppendNewLines(absl::string_view text, std::string* out) {
  const std::vector<std::string> said = absl::StrSplit(*out, '\n');
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::string found = Printable(line);
    if (std::find(said.begin(), said.end(), found) == said.end()) absl::StrAppend(out, found, "\n");
  }
}

size_t Width(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<uint8_t>(c) & 0xc0) != 0x80;  // not a continuation byte
  }));
}

std::string PadRight(absl::string_view text, size_t width) {
  size_t have = Width(text);
  return absl::StrCat(text, std::string(width > have ? width - have : 0, ' '));
}

std::string Percent(double fraction) {
  // 99.6 % must not read as 100 %, nor 0.4 % as nothing.
  double percent = fraction * 100;
  bool near_end = (percent >= 0.05 && percent < 1) || (percent > 99 && percent < 100);
  return absl::StrFormat("%.*f%%", near_end ? 1 : 0, percent);
}

std::string Percent(std::optional<double> fraction) { return fraction ? Percent(*fraction) : "-"; }

std::string Bitrate(std::optional<double> mbps) {
  if (!mbps) return "-";
  return *mbps < 0 ? absl::StrCat("-", FormatBitrate(-*mbps)) : FormatBitrate(*mbps);
}

std::string Milliseconds(std::optional<double> ms) {
  return ms ? absl::StrFormat("%.1f", *ms) : "-";
}

std::string Age(double seconds) {
  if (!(seconds > 0)) return "0s";  // also what a clock ahead of ours gives
  if (seconds < 10) return absl::StrFormat("%.1fs", seconds);
  if (seconds >= 1e10) return "ages";  // 300 years: not a time any more
  int64_t s = std::llround(seconds);
  if (s < 60) return absl::StrFormat("%ds", s);
  if (s < 600) return absl::StrFormat("%dm%02ds", s / 60, s % 60);
  if (s < 3600) return absl::StrFormat("%dm", s / 60);
  if (s < 86400) return absl::StrFormat("%dh%02dm", s / 3600, s % 3600 / 60);
  return absl::StrFormat("%dd%02dh", s / 86400, s % 86400 / 3600);
}

std::string Age(std::optional<double> seconds) { return seconds ? Age(*seconds) : "-"; }

std::string When(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string Bar(std::optional<double> fraction, std::optional<double> planned, int width) {
  std::string bar(width, fraction ? '-' : ' ');
  const auto cells = [width](double part) { return std::clamp(part, 0.0, 1.0) * width; };
  if (fraction) std::fill_n(bar.begin(), std::lround(cells(*fraction)), '#');
  if (planned) bar[std::min(width - 1, static_cast<int>(cells(*planned)))] = '|';
  return absl::StrCat("[", bar, "]");
}

std::string Plural(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace spillway::cli
