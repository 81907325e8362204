#include "steering/decide/decide.h"

#include <algorithm>
#include <array>

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

// 2^32 / golden ratio, to the nearest odd number: of all steps its multiples leave the smallest
// gaps (three-distance theorem), so that few epochs already meet the shares.
constexpr uint32_t kGoldenStep = 0x9e3779b9;

// Which slot holds `cell` when the quotas of a row are laid end to end. Not the row's cell map:
// that scatters a target's cells, and only what is in one piece is met evenly by few points.
uint8_t SlotAt(absl::Span<const SlotPlan> slots, uint8_t cell) {
  size_t end = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    end += slots[i].quota;
    if (cell < end) return static_cast<uint8_t>(i);
  }
  DCHECK(false);  // quotas sum to kCellCount
  return 0;
}

// Chooses by systematic sampling: four points a quarter apart when they hit four targets, else two
// half a circle apart. Which of the two it is, is the same for all of the points, so that clients
// who pick among an answer's targets evenly are spread exactly by the shares.
uint8_t TakeTurn(const Plan& plan, size_t row_index, uint64_t hash, Decision* decision) {
  absl::Span<const SlotPlan> slots = plan.RowSlots(row_index);
  const uint32_t point = static_cast<uint32_t>(hash >> 32) + plan.epoch * kGoldenStep;
  std::array<uint8_t, 4> hit;
  for (size_t k = 0; k < hit.size(); ++k)
    hit[k] = SlotAt(slots, static_cast<uint8_t>((point >> 24) + k * (kCellCount / 4)));
  // The points go round the shares in order: equal ones are neighbours.
  const bool four = hit[0] != hit[1] && hit[1] != hit[2] && hit[2] != hit[3] && hit[3] != hit[0];
  for (size_t k = four ? 1 : 2; k < hit.size(); k += four ? 1 : 2) {
    if (hit[k] != hit[0]) decision->more[decision->more_count++] = hit[k];
  }
  return hit[0];
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
    decision.scope_bits = std::max(client.group_bits, client.cell_bits);
    const uint8_t cell = static_cast<uint8_t>(hash);
    chosen =
        client.heavy ? TakeTurn(plan, row_index, hash, &decision) : plan.cells[row.cells + cell];
    if (trace != nullptr && client.heavy) trace->in_turn = true;
    if (trace != nullptr && !client.heavy) trace->cell = cell;
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
