#include "steering/decide/overload.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/units.h"
#include "steering/model/policy.h"

namespace spillway {
namespace {

constexpr uint64_t kPhaseSalt = 0x70686173;   // "phas"
constexpr uint64_t kJitterSalt = 0x6a697474;  // "jitt"

// 0 .. n-1, uniform in the hash's upper half.
uint64_t Draw(uint64_t hash, uint64_t n) { return ((hash >> 32) * n) >> 32; }

}  // namespace

uint64_t DrawKey(ServiceId service, const IpAddress& client) {
  const uint64_t address =
      CombineHash(static_cast<uint64_t>(client.family()), client.Masked(64).high64());
  // Salted by service: who waits for one is not for that reason kept from another.
  return CombineHash(service.value(), address);
}

Admission AdmitJoin(const PlanRow& row, absl::Time made_at, uint64_t draw_key, bool retry) {
  const uint32_t permille = retry ? row.retry_admit_permille : row.admit_permille;
  if (permille >= 1000) return {};
  // Each client's periods begin at a moment of its own: with common ones, all who ask without pause
  // would come in together every 10 s.
  const int64_t phase_ms =
      static_cast<int64_t>(Draw(CombineHash(draw_key, kPhaseSalt), kDrawPeriodMs));
  const int64_t now_ms = absl::ToUnixMillis(made_at) + phase_ms;
  const uint64_t hash = CombineHash(draw_key, static_cast<uint64_t>(now_ms / kDrawPeriodMs));
  if (Draw(hash, 1000) < permille) return {};
  // Jitter apart from the draw: the losers of one draw must not come back at one moment.
  const uint64_t jitter_permille = 800 + Draw(CombineHash(hash, kJitterSalt), 401);
  const uint64_t wanted_s = (row.retry_after_s * jitter_permille + 500) / 1000;
  // One second more than the plan's clock says: the answer is a little later than its plan.
  const uint64_t next_draw_s =
      static_cast<uint64_t>(kDrawPeriodMs - now_ms % kDrawPeriodMs) / 1000 + 1;
  return {false, static_cast<uint32_t>(std::max(wanted_s, next_draw_s))};
}

uint32_t LadderCapKbps(const Service& service, const PlanRow& row) {
  if (row.ladder_step == 0 || service.ladder.empty()) return 0;
  const size_t step = std::min<size_t>(row.ladder_step, service.ladder.size() - 1);
  // A cap of 0 would read as none; no bitrate is below 1 kbps (policies/schema_services.cc).
  return static_cast<uint32_t>(std::max(1.0, service.bitrate_mbps * 1000 * service.ladder[step]));
}

std::string HeldBackText(const Service& service, const PlanRow& row) {
  std::string text;
  auto add = [&text](const auto&... parts) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", parts...);
  };
  const uint32_t cap = LadderCapKbps(service, row);
  if (cap > 0) add("players are told to stay under ", FormatBitrate(cap / 1000.0));
  if (!service.waiting_room) return text;
  if (row.admit_permille < 1000)
    add("HTTP lets in ", FormatFraction(row.admit_permille / 1000.0), " of new joins");
  if (row.retry_admit_permille < 1000)
    add("HTTP lets in ", FormatFraction(row.retry_admit_permille / 1000.0), " of retries");
  return text;
}

}  // namespace spillway
