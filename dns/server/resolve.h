// dns/server/resolve.h -- one question against zones and plan: the records of the reply and its
// RCODE.
//
//   QNAME ─► zone ─► name met how? ─► steered: plan decides ─┐
//     ▲                              records ────────────────┼─► done
//     │                              cut ── referral ────────┤
//     │                              nothing ── SOA ─────────┘
//     └──────── alias (CNAME, DNAME, steered CNAME), at most kAliasHopsMax times
//
// An alias that leaves our zones, or a loop, ends NOERROR with what was gathered. With DO in the
// question the sets of signed zones bring their signatures, and what is denied its proof.
// At a steered name A and AAAA (every type, when its answers are CNAMEs and the zone holds nothing
// there) come from the plan, other types from the zone, else NODATA. Before there is a plan the
// zone answers.
// references: RFC 1034 4.3.2, 2181 9, 2308, 4035 3.1, 4592, 5155 7.2, 6604, 6672, 7871 7.2, 8482,
// 9471.
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
#include "steering/decide/decide.h"
#include "steering/plan/plan.h"
#include "steering/resolvers/answer_log.h"

namespace spillway::dns {

// What a batch of queries is answered from. Zones and plan may be null: nothing served, nothing
// steered.
struct EngineView {
  const ZoneSet* zones = nullptr;
  const Plan* plan = nullptr;
  const CookieSecrets* cookies = nullptr;  // null: the option is not answered
  uint32_t unix_s = 0;  // for cookies, rates and signatures: right to a second or two
  const TransferTable* transfers = nullptr;  // null: no key is known, nobody may copy
};

// A steered answer, as it will be written down once it is known to be sent.
struct Grant {
  Decision decision;
  AnswerNote note;
};

struct Resolution {
  Rcode rcode = Rcode::kNoError;
  Outcome outcome = Outcome::kAnswer;
  bool authoritative = false;
  bool truncated = false;
  bool steered = false;
  bool last_resort = false;  // every target was down; the plan answered by static weights
  uint8_t ecs_scope_bits = 0;
  Grant grant;  // where steered
};

// Answers `query` (class IN, opcode QUERY) into `sections`.
Resolution Resolve(const EngineView& view, const Query& query, const IpAddress& peer,
                   Sections* sections);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_RESOLVE_H_
