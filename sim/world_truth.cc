#include <algorithm>
#include <cmath>

#include "sim/world.h"
#include "steering/ledger/rates.h"

namespace spillway::sim {

// The ledger's projection (papers 4.3 step 4), with the world's own state and the audience to come.
void World::Commit(absl::Duration horizon, Bitrates bitrates, Ledger::Commitment* out) const {
  const Players& players = config_.players;
  const double h = absl::ToDoubleSeconds(horizon), mu = 1 / players.session_s;
  const double stay = std::exp(-mu * h);
  // By curve: sessions that begin within the horizon and still play at its end, and their rate if
  // it is even.
  std::vector<double> begun_of, rate_of;
  for (const Audience& audience : config_.audiences) {
    const double now = audience.At(now_s_), then = audience.At(now_s_ + h);
    begun_of.push_back(std::max(0.0, then - now * stay) * condition_.starts_factor);
    rate_of.push_back(begun_of.back() / std::max(1e-9, (1 - stay) / mu));
  }

  out->pinned_mbps = background_;
  out->starts_per_s = starts_;
  out->steerable_mbps.assign(frame_.candidates->row_count(), 0);
  for (const Row& row : rows_) {
    const double moved = -std::expm1(-h / row.ttl_s);  // of the steered, by then
    const RowClients& clients = *row.clients;
    const double begun = begun_of[clients.curve] * clients.part;
    const double dns = rate_of[clients.curve] * clients.part * (1 - players.redirect);
    const double per_resolver = dns / row.resolvers;
    const double bitrate_mbps =
        clients.bitrate_mbps * (bitrates == Bitrates::kCapped ? row.ladder : 1);
    double total = 0;
    auto held = [&](const Cache& cache) {
      const double hold = std::max(cache.hold_s, row.ttl_s);
      const double fresh = 1 / (1 + per_resolver * hold);
      return dns * cache.weight * (1 - fresh) * Convolve(per_resolver * fresh, mu, h) *
             (1 - habits_.dns_steered * moved);
    };
    const double by_fast = held(fast_), by_stretched = held(stretched_),
                 by_straggling = held(straggling_);
    for (uint32_t k = row.begin; k < row.end; ++k) {
      const double pinned = stay * (stuck_[k] + (1 - moved) * steered_[k]) + by_fast * fast_.at[k] +
                            by_stretched * stretched_.at[k] + by_straggling * straggling_.at[k];
      out->pinned_mbps[target_[k]] += pinned * bitrate_mbps;
      total += pinned;
    }
    const double wanted =
        row.sessions * stay + begun + row.waiting + row.dns_again.all() + row.redirect_again.all();
    out->steerable_mbps[row.frame_row] =
        static_cast<float>(std::max(0.0, wanted - total) * bitrate_mbps);
  }
  out->steerable_mbps_median = out->steerable_mbps;
}

}  // namespace spillway::sim
