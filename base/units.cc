#include "base/units.h"

#include <cctype>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace spillway {
namespace {

struct Unit {
  absl::string_view name;
  double factor;
};
constexpr Unit kBitrates[] = {
    {"kbps", 1e-3}, {"Mbps", 1}, {"Gbps", 1e3}, {"Tbps", 1e6}, {"bps", 1e-6}};
constexpr Unit kCounts[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}};
constexpr Unit kRates[] = {{"/s", 1}, {"k/s", 1e3}, {"M/s", 1e6}};

// Splits "12.5 Gbps" into 12.5 and "Gbps". Plain decimals only: no sign, exponent, hex, inf or nan.
std::optional<double> TakeNumber(absl::string_view* text) {
  size_t end = 0;
  bool digit = false;
  while (end < text->size() && (absl::ascii_isdigit((*text)[end]) || (*text)[end] == '.')) {
    digit |= absl::ascii_isdigit((*text)[end]);
    ++end;
  }
  double value = 0;
  if (!digit || !absl::SimpleAtod(text->substr(0, end), &value) || !std::isfinite(value)) {
    return std::nullopt;
  }
  text->remove_prefix(end);
  return value;
}

template <size_t N>
std::optional<double> ParseWithUnits(absl::string_view text, const Unit (&units)[N]) {
  text = absl::StripAsciiWhitespace(text);
  std::optional<double> value = TakeNumber(&text);
  if (!value) return std::nullopt;
  text = absl::StripLeadingAsciiWhitespace(text);
  for (const Unit& unit : units) {
    if (text != unit.name) continue;
    const double scaled = *value * unit.factor;
    return std::isfinite(scaled) ? std::optional(scaled) : std::nullopt;
  }
  return std::nullopt;
}

// From here on three significant digits round to 1000, which %g would write as "1e+03".
constexpr double kRoundsToThousand = 999.5;

// "1.25" not "1.250000"; three significant digits are what a person reads. Never an exponent.
std::string Short(double value) {
  const double size = std::fabs(value);
  if (size >= kRoundsToThousand || size < 1e-3) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.3g", value);
}

}  // namespace

std::optional<double> ParseBitrateMbps(absl::string_view text) {
  return ParseWithUnits(text, kBitrates);
}
std::optional<double> ParseRatePerSecond(absl::string_view text) {
  return ParseWithUnits(text, kRates);
}
std::optional<double> ParseCount(absl::string_view text) { return ParseWithUnits(text, kCounts); }

std::optional<absl::Duration> ParseDurationText(absl::string_view text) {
  constexpr Unit kUnits[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  text = absl::StripAsciiWhitespace(text);
  if (text.empty()) return std::nullopt;
  absl::Duration total;
  while (!text.empty()) {
    std::optional<double> value = TakeNumber(&text);
    if (!value) return std::nullopt;
    text = absl::StripLeadingAsciiWhitespace(text);
    size_t end = 0;
    while (end < text.size() && absl::ascii_isalpha(text[end])) ++end;
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      if (text.substr(0, end) == unit.name) found = &unit;
    }
    if (found == nullptr) return std::nullopt;
    total += absl::Seconds(*value * found->factor);
    text.remove_prefix(end);
  }
  return total < absl::InfiniteDuration() ? std::optional(total) : std::nullopt;
}

std::optional<double> ParseFraction(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  bool percent = absl::ConsumeSuffix(&text, "%");
  text = absl::StripTrailingAsciiWhitespace(text);
  std::optional<double> value = TakeNumber(&text);
  if (!value || !text.empty()) return std::nullopt;
  return percent ? *value / 100 : *value;
}

std::string FormatBitrate(double mbps) {
  if (mbps >= kRoundsToThousand * 1e3) return absl::StrCat(Short(mbps / 1e6), " Tbps");
  if (mbps >= kRoundsToThousand) return absl::StrCat(Short(mbps / 1e3), " Gbps");
  return absl::StrCat(Short(mbps), " Mbps");
}

std::string FormatCount(double count) {
  if (count >= kRoundsToThousand * 1e3) return absl::StrCat(Short(count / 1e6), "M");
  if (count >= 1e4) return absl::StrCat(Short(count / 1e3), "k");
  return absl::StrFormat("%.0f", count);
}

std::string FormatFraction(double fraction) { return absl::StrFormat("%.1f%%", fraction * 100); }

}  // namespace spillway
