// steering/decide/decide.h -- one client, one service, one plan: one target. The data plane's only
// choice.
//
//   address ──LocateClient──► ClientFacts ──Decide(plan, service, ·)──► Decision
//                              group, cell hash                          target, scope, ttl, slot
//
// Pure: no clock, lock, heap or I/O; sees no feed, no policy file, no planner. Asked twice with the
// same plan it answers the same. `trace` explains the very same code path, it is not a second one.
//
// A heavy resolver (plan.heavy) hands one answer to many clients, so no cell is its own. Its point
// on the shares of a split row, laid end to end, moves by the golden ratio at every epoch:
//
//     shares  |--- fra1 ---|------ ams1 ------|- nyc1 -|      point = hash + epoch * 0.618 (mod 1)
//                   ^3          ^1   ^4         ^2            further points: + 1/4, 1/2, 3/4
//
// and its answer holds every target that points a quarter (or a half) apart hit.
// units: bits are prefix lengths in the client's family; ttl in seconds.
// references: RFC 7871 7.2.1 (SCOPE: as much of the address as the answer depended on);
// Niederreiter, Random Number Generation and Quasi-Monte Carlo Methods, 3.1 (the golden ratio's
// multiples).
#ifndef SPILLWAY_STEERING_DECIDE_DECIDE_H_
#define SPILLWAY_STEERING_DECIDE_DECIDE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/ip.h"
#include "steering/model/ids.h"
#include "steering/plan/heavy_set.h"
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
  bool heavy = false;  // a resolver that gets cells in turn
};

// `source_bits`: how much of `address` is the client's (ECS SOURCE PREFIX-LENGTH); the rest is
// ignored even if set. Cost: one look-up in the group map.
ClientFacts LocateClient(const Plan& plan, const IpAddress& address, int source_bits = 128);

// LocateClient comes soon, after others: fetches from memory what it will read.
inline void PrefetchClient(const Plan& plan, const IpAddress& address) {
  plan.frame->groups->Prefetch(address);
}

// As LocateClient, for a resolver that asks for clients it does not name: never for one that sent
// ECS, nor for a client itself. `resolver` is ResolverHash(peer). One look-up more, in plan.heavy.
inline ClientFacts LocateResolver(const Plan& plan, const IpAddress& peer, uint64_t resolver) {
  ClientFacts client = LocateClient(plan, peer);
  if (plan.heavy == nullptr || !plan.heavy->Contains(resolver)) return client;
  client.heavy = true;
  client.cell_hash = resolver;  // neighbours in a /24 must not move in step
  return client;
}

// One answer. Who sends it counts `slot`, only that one: what a heavy resolver's further targets
// get is right over the epochs, as each is the first in its turn.
struct Decision {
  static constexpr size_t kMoreMax = 3;

  TargetId target;
  uint32_t slot = 0;  // for GrantBoard::Add
  uint32_t row = 0;   // of Plan::rows
  uint8_t scope_bits = 0;
  uint32_t ttl_s = 0;  // jittered by +-20 %, so that caches do not expire together
  RowState state = RowState::kCalm;
  // For heavy resolvers: slots within the row whose targets an answer that can name several should
  // name too; all distinct, and none the first one's.
  std::array<uint8_t, kMoreMax> more{};
  uint8_t more_count = 0;
};

// What a person is told. Filled only when asked for.
struct Trace {
  size_t row = 0;
  int cell = -1;         // -1: the row is not split, every client gets the same; or in_turn
  bool in_turn = false;  // a heavy resolver's turn decided
  uint8_t chosen = 0;    // slot within the row
};

Decision Decide(const Plan& plan, ServiceId service, const ClientFacts& client,
                Trace* trace = nullptr);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_DECIDE_DECIDE_H_
