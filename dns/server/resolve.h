// dns/server/resolve.h -- one question against zones and plan: the records of the reply and its
// RCODE.
//
//   QNAME ─► zone ─► name met how? ─► steered: plan decides ─┐
//     ▲                              records ────────────────┼─► done
//     │                              cut ── referral ────────┤
//     │                              nothing ── SOA ─────────┘
//     └──────── alias (CNAME, DNAME, steered CNAME), at most kAliasHopsMax times
//
// An alias that leaves our zones, or a loop cut short, ends NOERROR with what was gathered.
// At a steered name A and AAAA (every type, when its answers are CNAMEs and the zone holds nothing
// there) come from the plan, other types from the zone, else NODATA. Before there is a plan the
// zone answers.
// references: RFC 1034 4.3.2, 2181 9, 2308, 4592, 6604, 6672, 7871 7.2, 8482, 9471.
#ifndef SPILLWAY_DNS_SERVER_RESOLVE_H_
#define SPILLWAY_DNS_SERVER_RESOLVE_H_

#include <cstddef>
#include <cstdint>

#include "base/ip.h"
#include "dns/server/counters.h"
#include "dns/server/sections.h"
#include "dns/transfer/transfer_table.h"
#include "dns/wire/cookie.h"
#include "dns/wire/query.h"
#include "dns/wire/types.h"
#include "dns/zone/zone_set.h"
#include "steering/decisions/decision_ring.h"
#include "steering/plan/plan.h"
#include "steering/resolvers/answer_log.h"

namespace spillway::dns {

// RFC 1034 sets no number; 8 are asked for by resolvers' habits, and a loop must not fill a
// message: 10 owners of at most 2 records each (DNAME and its CNAME).
inline constexpr int kAliasHopsMax = 9;

// What a batch of queries is answered from. Zones and plan may be null: nothing served, nothing
// steered.
struct EngineView {
  const ZoneSet* zones = nullptr;
  const Plan* plan = nullptr;
  const CookieSecrets* cookies = nullptr;  // null: the option is not answered
  uint32_t unix_s = 0;  // for cookies, rates and signatures: right to a second or two
  const TransferTable* transfers = nullptr;  // null: no key is known, nobody may copy
};

struct Resolution {
  Rcode rcode = Rcode::kNoError;
  Outcome outcome = Outcome::kAnswer;
  bool authoritative = false;
  bool truncated = false;
  bool steered = false;
  bool last_resort = false;  // every target was down; the plan answered by static weights
  uint8_t ecs_scope_bits = 0;
};

// Where a steered answer is written down: the row of DNS worker `worker` on the plan's grant board,
// and, unless null, the worker's log (committed by whoever owns the batch).
struct AnswerBooks {
  size_t worker = 0;
  AnswerLog* log = nullptr;
  DecisionRing* decisions = nullptr;  // the sample for people; null = none
};

// Answers `query` (class IN, opcode QUERY) into `sections`.
Resolution Resolve(const EngineView& view, const Query& query, const IpAddress& peer,
                   const AnswerBooks& books, Sections* sections);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_RESOLVE_H_
