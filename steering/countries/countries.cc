#include "steering/countries/countries.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/suggest.h"

namespace spillway {
namespace {

constexpr Country kCountries[] = {
#include "steering/countries/countries.inc"
};

// Codes people write that ISO 3166-1 does not assign: the EU's own, Internet's, and old habits.
constexpr std::pair<absl::string_view, absl::string_view> kHabits[] = {
    {"UK", "GB"}, {"EL", "GR"}, {"EN", "GB"}, {"JA", "JP"},
    {"KO", "KR"}, {"SU", "RU"}, {"TP", "TL"}, {"USA", "US"},
};

}  // namespace

absl::Span<const Country> AllCountries() { return kCountries; }

const Country* FindCountry(absl::string_view code) {
  const Country* end = kCountries + std::size(kCountries);
  const Country* it = std::lower_bound(
      kCountries, end, code, [](const Country& c, absl::string_view key) { return c.code < key; });
  return it != end && it->code == code ? it : nullptr;
}

std::string SuggestCountry(absl::string_view text) {
  const std::string upper = absl::AsciiStrToUpper(text);
  if (FindCountry(upper) != nullptr) return upper;
  for (const auto& [habit, code] : kHabits) {
    if (upper == habit) return std::string(code);
  }
  if (text.size() <= 3) return "";  // every two letters are one slip away from some country
  std::vector<std::string> names;
  for (const Country& country : kCountries) {
    if (absl::EqualsIgnoreCase(country.name, text)) return std::string(country.code);
    names.emplace_back(country.name);
  }
  const std::string name = Suggest(text, names);
  for (const Country& country : kCountries) {
    if (country.name == name) return std::string(country.code);
  }
  return "";
}

}  // namespace spillway
