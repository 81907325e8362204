#include "steering/decide/decide.h"

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"

namespace spillway {
namespace {

// Uniform in 0.8..1.2 by the client's hash and the plan: equal TTLs expire in herds (Netflix saw
// them hours around events). At least 1 s, so that an answer can be cached at all.
uint32_t JitterTtl(uint32_t ttl_s, uint64_t hash) {
  const uint64_t permille = 800 + (((hash >> 32) * 401) >> 32);
  return static_cast<uint32_t>(std::max<uint64_t>(1, (ttl_s * permille + 500) / 1000));
}

}  // namespace

ClientFacts LocateClient(const Plan& plan, const IpAddress& address, int source_bits) {
  const IpAddress known = address.Masked(source_bits);
  GroupMatch match = plan.frame->groups->Locate(known);
  ClientFacts client;
  client.group = match.group;
  client.group_bits = match.bits;
  client.cell_bits = address.is_v4() ? kCellBitsV4 : kCellBitsV6;
  client.cell_hash =
      CombineHash(static_cast<uint64_t>(address.family()), known.Masked(client.cell_bits).high64());
  return client;
}

Decision Decide(const Plan& plan, ServiceId service, const ClientFacts& client, Trace* trace) {
  const CandidateTable& candidates = *plan.frame->candidates;
  const size_t row_index = candidates.RowIndex(service, client.group);
  DCHECK(row_index < plan.rows.size());
  const PlanRow& row = plan.rows[row_index];
  // Salted by service: two services must not shed the same clients.
  const uint64_t hash = CombineHash(service.value(), client.cell_hash);

  uint8_t chosen = row.only_slot;
  Decision decision;
  decision.scope_bits = client.group_bits;
  if (row.cells != PlanRow::kUnsplit) {
    const uint8_t cell = static_cast<uint8_t>(hash);
    chosen = plan.cells[row.cells + cell];
    decision.scope_bits = std::max(client.group_bits, client.cell_bits);
    if (trace != nullptr) trace->cell = cell;
  }
  decision.row = static_cast<uint32_t>(row_index);
  decision.slot = candidates.RowBegin(row_index) + chosen;
  decision.target = candidates.Row(row_index)[chosen].target;
  decision.state = row.state;
  decision.ttl_s = JitterTtl(row.ttl_s, CombineHash(hash, plan.generation));
  if (trace != nullptr) {
    trace->row = row_index;
    trace->chosen = chosen;
  }
  return decision;
}

}  // namespace spillway
