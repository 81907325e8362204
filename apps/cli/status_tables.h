// apps/cli/status_tables.h -- targets, shared limits and services of /v1/status as tables of about
// 100 columns.
//
//   TARGET  STATE  LOAD          UTIL  PLAN  ROOM      PRICE  FEED
//   fra1    up     [######|---]   61%   68%  95 Gbps       -  fresh 0.8s
//                        └ where the plan takes it by the horizon
#ifndef SPILLWAY_APPS_CLI_STATUS_TABLES_H_
#define SPILLWAY_APPS_CLI_STATUS_TABLES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "apps/cli/answer.h"
#include "apps/cli/format.h"

namespace spillway::cli {

// What a target is, in one word; worst first, and of several the first that applies.
enum class TargetState : uint8_t {
  kDown,       // by feed or probe
  kWeak,       // delivers less than it says
  kFull,       // gets no client more
  kShedding,   // has a price: gets part of those it is cheapest for
  kReturning,  // new or back: gets its clients slowly
  kDrained,
  kUp
};

struct TargetRow {
  std::string name;
  TargetState state = TargetState::kUp;
  double accept = 1;  // part of the clients it is cheapest for that the plan gives it
  std::optional<double> utilisation, planned, headroom_mbps, price_ms;
  std::optional<double> claimed_mbps, capacity_mbps;  // egress: what it says, what is in force
  std::string binding;                                // resource of `utilisation`
  std::string limit;                                  // the dearest, "" = none
  std::string feed;                                   // with its age and who says down
  std::string feed_state;
  std::string drain;
};

// Worst state first; inside one, the fullest; those whose load nobody knows, last; then by name.
std::vector<TargetRow> ReadTargets(const Field& status, std::optional<absl::Time> now);

// Empty texts when there is nothing to show.
std::string TargetTable(const std::vector<TargetRow>& rows, const Paint& paint);
std::string LimitTable(const Field& status, const Paint& paint);  // shared ones
std::string ServiceTable(const Field& status, const Paint& paint);

// "fresh 0.8s", "ageing 14s, probe down", "none, no probe".
std::string FeedText(const Field& feed, const std::string& reported, const std::string& probed);
// "12.5 ms"; "-" below what rounds to 0.1; "closed" when nobody gets in at any price.
std::string PriceText(std::optional<double> price_ms);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_STATUS_TABLES_H_
