// http/redirect/pathways.h -- the order in which a player should try a service's targets.
//
//   the decided target │ other candidates that are up, by share then cost │ those down or drained
//
// why the last part: a player that knows one pathway only does no failover of its own, and dash.js
//   ends playback when it knows none of the list; so whoever may serve is listed, best first.
// invariants: (1) the decided target is first; (2) no target twice; (3) a target the policy fences
//   the group away from is never listed, even when one pathway remains
//   (tests/unit/http/redirect/pathways_test.cc). No heap.
#ifndef SPILLWAY_HTTP_REDIRECT_PATHWAYS_H_
#define SPILLWAY_HTTP_REDIRECT_PATHWAYS_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "steering/decide/decide.h"
#include "steering/model/ids.h"
#include "steering/plan/candidate_table.h"
#include "steering/plan/plan.h"

namespace spillway::http {

struct Pathways {
  std::array<absl::string_view, kRowSlotsMax> names;  // into the plan's policy
  size_t count = 0;

  absl::Span<const absl::string_view> list() const { return {names.data(), count}; }
};

// `decision` must come from this plan, service and client.
void OrderPathways(const Plan& plan, ServiceId service, const ClientFacts& client,
                   const Decision& decision, Pathways* pathways);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_REDIRECT_PATHWAYS_H_
