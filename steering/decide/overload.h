// steering/decide/overload.h -- what a row holds back, applied to one client: cap, or wait.
//
//   PlanRow ──ladder_step──► LadderCapKbps      players are told to stay under it
//      └─admit_permille────► AdmitJoin          this client comes in, or asks again in n seconds
//
//   draws of one client:  ──┬──────10 s──────┬──────10 s──────┬──   by Plan::made_at, shifted by
//                           └ one answer     └ another draw         the client's phase
//
// why a draw and not a queue: no state to keep, to lose or to attack; every node and worker draws
// the same, so asking elsewhere or more often wins nothing; and who waits is drawn anew each time:
// at a share of 20 % the mean wait is 5 draws and nobody is shut out for good.
// Pure: no clock, lock, heap or I/O. Only HTTP can hold back: DNS never asks to wait.
// references: Service::ladder, Service::waiting_room (steering/model/policy.h).
#ifndef SPILLWAY_STEERING_DECIDE_OVERLOAD_H_
#define SPILLWAY_STEERING_DECIDE_OVERLOAD_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "base/ip.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway {

// Whom a draw is for: the address, of IPv6 the /64 (one host owns that many, RFC 4291 2.5.4).
uint64_t DrawKey(ServiceId service, const IpAddress& client);

struct Admission {
  bool admitted = true;
  // When not: until the client's next draw, or `PlanRow::retry_after_s` +-20 % if that is more.
  uint32_t retry_after_s = 0;
};
// `retry`: the client comes back after an interruption and is drawn against retry_admit_permille.
Admission AdmitJoin(const PlanRow& row, absl::Time made_at, uint64_t draw_key, bool retry);

// The bitrate players should stay under, in kbit/s; 0 = no cap in force.
uint32_t LadderCapKbps(const Service& service, const PlanRow& row);

// For a person: "players are told to stay under 2.75 Mbps; HTTP lets in 30.0% of new joins", or "".
std::string HeldBackText(const Service& service, const PlanRow& row);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_DECIDE_OVERLOAD_H_
