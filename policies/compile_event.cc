#include <algorithm>
#include <string>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/units.h"
#include "policies/compile.h"
#include "policies/schema.h"
#include "policies/schema_check.h"
#include "steering/countries/countries.h"

namespace spillway::policies {
namespace {

// One key of `expected_peak:`. Errors are reported and leave the event without the share.
void AddPeak(const Node::Member& member, const std::string& path, Symbols* symbols, Event* event,
             Diagnostics* diagnostics) {
  const std::string& where = member.key.text;
  const double peak = std::get<double>(member.value.value);
  if (where == "world") {
    event->peak_world = peak;
  } else if (FindCountry(where) != nullptr) {
    event->shares.push_back({.country = where, .peak = peak});
  } else if (symbols->FindGroup(where)) {
    event->shares.push_back({.group = *symbols->Group(member.key, path), .peak = peak});
  } else {
    std::string meant =
        absl::EqualsIgnoreCase(where, "world") ? "world" : symbols->SuggestGroup(where);
    if (std::string country = SuggestCountry(where); meant.empty() && !country.empty())
      meant = country;
    diagnostics->Error(member.key.place,
                       {.what = absl::StrCat(path, ": no country or group ", Quoted(where)),
                        .want = "world, a country such as DE, or a group of this policy",
                        .meant = meant});
  }
}

void CheckSum(const Node& peaks, const std::string& path, const Event& event,
              Diagnostics* diagnostics) {
  double countries = 0;
  for (const Event::Share& share : event.shares) {
    if (!share.country.empty()) countries += share.peak;
  }
  if (event.peak_world == 0 || countries <= event.peak_world) return;
  diagnostics->Error(peaks.place, {.what = absl::StrCat(
                                       path, ": the countries together expect more than the world"),
                                   .want = absl::StrCat("at most ", FormatCount(event.peak_world)),
                                   .got = FormatCount(countries)});
}

}  // namespace

void CompileEvents(const Node* section, Symbols* symbols, Policy* policy,
                   Diagnostics* diagnostics) {
  if (section == nullptr) return;
  const ObjectSpec& spec = *PolicySchema().Find("events")->object;
  for (const Node::Member& member : section->members) {
    const std::string path = absl::StrCat("events.", member.key.text);
    std::optional<ServiceId> service = symbols->Service(member.key, "events");
    MapReader reader(&member.value, spec);
    Event event;
    event.ramp = reader.Get<absl::Duration>("ramp");
    if (const Node* start = reader.Find("start")) event.start = std::get<absl::Time>(start->value);
    if (const Node* peaks = reader.Find("expected_peak")) {
      const std::string peak_path = absl::StrCat(path, ".expected_peak");
      for (const Node::Member& peak : peaks->members)
        AddPeak(peak, peak_path, symbols, &event, diagnostics);
      CheckSum(*peaks, peak_path, event, diagnostics);
    }
    if (!service) continue;
    event.service = *service;
    policy->events.push_back(std::move(event));
  }
  std::sort(policy->events.begin(), policy->events.end(),
            [](const Event& a, const Event& b) { return a.service < b.service; });
}

}  // namespace spillway::policies
