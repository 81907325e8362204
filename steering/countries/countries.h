// steering/countries/countries.h -- the countries of ISO 3166-1: code, name, continent, rough
// place.
//
// The table is generated (data/geo/make_countries.py) and compiled in: a policy is checked and
// clients without a City record are placed without any file at run time.
#ifndef SPILLWAY_STEERING_COUNTRIES_COUNTRIES_H_
#define SPILLWAY_STEERING_COUNTRIES_COUNTRIES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "steering/model/geo_point.h"

namespace spillway {

struct Country {
  absl::string_view code;       // ISO 3166-1 alpha-2, upper case
  absl::string_view name;       // in English, UTF-8
  absl::string_view continent;  // AF AN AS EU NA OC SA
  GeoPoint place;               // where most of its people are, to about 500 km
};

// By code, ascending.
absl::Span<const Country> AllCountries();

// Exact, upper-case code; null when there is none. O(log n).
const Country* FindCountry(absl::string_view code);

// The code someone who wrote `text` probably meant ("UK" -> "GB", "de" -> "DE", "Germany" -> "DE");
// empty when nothing is near.
std::string SuggestCountry(absl::string_view text);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_COUNTRIES_COUNTRIES_H_
