// steering/decide/decide.h -- one client, one service, one plan: one target. The data plane's only
// choice.
//
//   address ──LocateClient──► ClientFacts ──Decide(plan, service, ·)──► Decision
//                              group, cell hash                          target, scope, ttl, slot
//
// Pure: no clock, lock, heap or I/O; sees no feed, no policy file, no planner. Asked twice with the
// same plan it answers the same. `trace` explains the very same code path, it is not a second one.
// units: bits are prefix lengths in the client's family; ttl in seconds.
// references: RFC 7871 7.2.1 (SCOPE: as much of the address as the answer depended on).
#ifndef SPILLWAY_STEERING_DECIDE_DECIDE_H_
#define SPILLWAY_STEERING_DECIDE_DECIDE_H_

#include <cstdint>

#include "base/ip.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway {

// Clients share a cell when they share this much of their address: a /24 is the unit resolvers send
// by ECS (RFC 7871 11.1), a /48 is one site (RFC 6177).
inline constexpr uint8_t kCellBitsV4 = 24;
inline constexpr uint8_t kCellBitsV6 = 48;

struct ClientFacts {
  GroupId group;
  uint8_t group_bits = 0;  // of the address the group depends on
  uint8_t cell_bits = 0;   // of the address the cell depends on
  uint64_t cell_hash = 0;
};

// `source_bits`: how much of `address` is the client's (ECS SOURCE PREFIX-LENGTH); the rest is
// ignored even if set. Cost: one look-up in the group map.
ClientFacts LocateClient(const Plan& plan, const IpAddress& address, int source_bits = 128);

// One answer. Who sends it counts `slot`.
struct Decision {
  TargetId target;
  uint32_t slot = 0;  // for GrantBoard::Add
  uint32_t row = 0;   // of Plan::rows
  uint8_t scope_bits = 0;
  uint32_t ttl_s = 0;  // jittered by +-20 %, so that caches do not expire together
  RowState state = RowState::kCalm;
};

// What a person is told. Filled only when asked for.
struct Trace {
  size_t row = 0;
  int cell = -1;       // -1: the row is not split, every client gets the same
  uint8_t chosen = 0;  // slot within the row
};

Decision Decide(const Plan& plan, ServiceId service, const ClientFacts& client,
                Trace* trace = nullptr);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_DECIDE_DECIDE_H_
