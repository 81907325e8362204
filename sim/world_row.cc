#include <algorithm>
#include <cmath>

#include "sim/fluid.h"
#include "sim/world.h"

namespace spillway::sim {
namespace {

// Players reach a new ladder step after two or three 2-s segments and their buffer's turn.
constexpr double kLadderTauS = 10;
// Query gaps are averaged over about as long as a TTL.
constexpr double kGapTauS = 30;
// A player whose target died plays on from its buffer, then fails: two or three segments.
constexpr double kBreakTauS = 6;
// A heavy resolver gets cells in turn, steps of the golden ratio, a few to an answer (DESIGN 5).
constexpr double kGolden = 0.6180339887498949;
constexpr int kTargetsOfAnAnswer = 3;

}  // namespace

World::Habits::Habits(const Players& players)
    : redirect_steered(players.steered / std::max(1e-9, 1 - players.dns_only)),
      dns_steered(redirect_steered * (1 - players.dns_only / std::max(1e-9, 1 - players.redirect))),
      steered_by_dns(
          Part((1 - players.redirect) * dns_steered, players.redirect * redirect_steered)),
      stuck_by_dns(Part((1 - players.redirect) * (1 - dns_steered),
                        players.redirect * (1 - redirect_steered))) {}

struct World::RowSums {
  double sessions = 0, steered = 0, moved = 0, gave_up = 0, broken = 0, failed = 0;
  double rtt = 0, cost = 0, stalled = 0;
  double failed_redirect = 0, gave_up_steered = 0, broken_steered = 0;  // parts of the above
};

World::Retrying World::Retrying::Take(double part) {
  const Retrying taken = {stuck * part, steered * part};
  stuck -= taken.stuck;
  steered -= taken.steered;
  return taken;
}

void World::Retrying::Add(double viewers, double steered_part) {
  stuck += viewers * (1 - steered_part);
  steered += viewers * steered_part;
}

// Who waits comes back when told; who is told now has its own time.
void World::PutOff(const PlanRow& told, double viewers, double back, Row* row) {
  const double stay = row->waiting - back;
  row->waiting = stay + viewers;
  if (viewers <= 0) return;
  row->waits_s = (stay * row->waits_s + viewers * MeanWait_s(told)) / row->waiting;
  activity_.put_off[row->frame_row] += TakeWhole(viewers, &row->put_off_rest);
}

// Who begins this second, and what the waiting room lets in.
World::Starts World::RowStarts(const Plan& plan, Row* row) {
  const Players& players = config_.players;
  const RowClients& clients = *row->clients;
  const PlanRow& told = plan.rows[row->frame_row];
  const double fresh =
      pulses_[clients.curve].starts * clients.part * std::exp(region_noise_[clients.region]);
  const double tries = players.retry_s > 1 ? EndingIn1s(players.retry_s) : 1;
  const Retrying dns_again = row->dns_again.Take(tries);
  const Retrying redirect_again = row->redirect_again.Take(tries);
  const double fresh_dns = fresh * (1 - players.redirect), asks_again = redirect_again.all();
  Starts starts;
  starts.dns = fresh_dns + dns_again.all();
  if (starts.dns > 0)
    starts.dns_steered = (fresh_dns * habits_.dns_steered + dns_again.steered) / starts.dns;
  const double back = row->waiting * EndingIn1s(row->waits_s);
  const double asks = fresh * players.redirect + back;
  if (condition_.fronts_down) {
    row->redirect_again.Add(fresh * players.redirect, habits_.redirect_steered);
    row->redirect_again.Add(asks_again, Habits::Part(redirect_again.steered, redirect_again.stuck));
    totals_.failed_starts += fresh * players.redirect + asks_again;
    return starts;
  }
  const bool may_wait = frame_.policy->services[row->service].waiting_room;
  const double put_off = may_wait ? asks * (1000 - told.admit_permille) / 1000 : 0;
  const double put_off_again =
      may_wait ? asks_again * (1000 - told.retry_admit_permille) / 1000 : 0;
  const double let_in_again = asks_again - put_off_again;
  starts.redirect = asks - put_off + let_in_again;
  if (starts.redirect > 0) {
    const double again_steered = Habits::Part(redirect_again.steered, redirect_again.stuck);
    starts.redirect_steered = ((starts.redirect - let_in_again) * habits_.redirect_steered +
                               let_in_again * again_steered) /
                              starts.redirect;
  }
  starts.redirect_asks = starts.redirect + let_in_again * (players.retry_asks - 1);
  PutOff(told, put_off + put_off_again, back, row);
  row->dns_rate += EndingIn1s(kGapTauS) * (starts.dns - row->dns_rate);
  resolver_arrivals_[row->frame_row] = static_cast<float>(row->dns_rate * row->gap_factor);
  return starts;
}

// A resolver asks when a client comes after its answer ran out: every hold + 1/rate seconds.
World::Answers World::RowAnswers(const Row& row, double dns) const {
  Answers answers;
  const double rate = dns / row.resolvers;
  const Cache* const kinds[] = {&fast_, &stretched_, &straggling_};
  for (int i = 0; i < 3; ++i) {
    const double hold = std::max(kinds[i]->hold_s, row.ttl_s);
    const double renews = condition_.fronts_down ? 0 : 1 / (1 + rate * hold);
    answers.turn[i] = -std::expm1(-rate * renews);
    answers.given += dns * kinds[i]->weight * renews;
    answers.held[i] = dns * kinds[i]->weight * (1 - renews);
  }
  return answers;
}

// Everybody behind one cache gets what it holds: a few targets, others when it asks again.
void World::RenewOneCache(Row* row) {
  if (condition_.fronts_down || now_s_ - row->renewed_s < row->ttl_s) return;
  row->renewed_s = now_s_;
  for (uint32_t k = row->begin; k < row->end; ++k) fast_.at[k] = 0;
  for (int i = 0; i < kTargetsOfAnAnswer; ++i) {
    row->turn += kGolden;
    row->turn -= std::floor(row->turn);
    double before = 0;
    uint32_t k = row->begin;
    while (k + 1 < row->end && before + share_[k] <= row->turn) before += share_[k++];
    fast_.at[k] += 1.0 / kTargetsOfAnAnswer;
  }
  for (uint32_t k = row->begin; k < row->end; ++k)
    stretched_.at[k] = straggling_.at[k] = fast_.at[k];
}

// What a session of the row takes now, in Mbps. Who begins by DNS and never asks again hears of no
// cap.
double World::TakeLadder(const Plan& plan, Row* row) {
  const Service& service = frame_.policy->services[row->service];
  const double told = service.ladder[plan.rows[row->frame_row].ladder_step];
  const double kept = 1 - (1 - told) * (1 - config_.players.dns_only);
  row->ladder += EndingIn1s(kLadderTauS) * (kept - row->ladder);
  return row->clients->bitrate_mbps * row->ladder;
}

void World::StepRow(const Plan& plan, Row* row) {
  const Starts starts = RowStarts(plan, row);
  const Answers answers = RowAnswers(*row, starts.dns);
  if (row->clients->one_cache) RenewOneCache(row);
  const double mbps = TakeLadder(plan, row);
  RowSums sums;
  StepSlots(starts, answers, mbps, row, &sums);
  AddUp(sums, starts, row);
}

void World::StepSlots(const Starts& starts, const Answers& answers, double mbps, Row* row,
                      RowSums* sums) {
  const double stays = pulses_[row->clients->curve].stay;
  // Of the steered, this second. Dice or not, the shares go the same way; dice move more players.
  const bool silent = condition_.fronts_down || told_ == Playing::kStay;
  const double ask = silent ? 0 : EndingIn1s(row->ttl_s);
  const double breaks = EndingIn1s(kBreakTauS);
  const double steered_before = row->steered * stays;
  // Where the steered may go, and those whose target died: players take the next on their list,
  // which is the one with the largest share (http/redirect/pathways.h).
  double open = 0, fleeing = 0, next_open = 0;
  uint32_t next = row->end;
  for (uint32_t k = row->begin; k < row->end; ++k) {
    const uint16_t t = target_[k];
    if (condition_.dead[t]) {
      fleeing += steered_[k] * stays * breaks;
      misled_[t] += ask * steered_before * share_[k];
      continue;
    }
    const double takes = share_[k] * (1 - shun_[t]);
    open += takes;
    if (takes > next_open) {
      next = k;
      next_open = takes;
    }
  }
  if (next == row->end) sums->broken = sums->broken_steered = fleeing;
  const double turn0 = row->clients->one_cache ? 0 : answers.turn[0];
  const double turn1 = row->clients->one_cache ? 0 : answers.turn[1];
  const double turn2 = row->clients->one_cache ? 0 : answers.turn[2];

  for (uint32_t k = row->begin; k < row->end; ++k) {
    const uint16_t t = target_[k];
    const uint32_t slot = row->frame_begin + (k - row->begin);
    const double x = share_[k];
    double by_dns = answers.given * x + answers.held[0] * fast_.at[k] +
                    answers.held[1] * stretched_.at[k] + answers.held[2] * straggling_.at[k];
    double by_redirect = starts.redirect * x;
    fast_.at[k] += turn0 * (x - fast_.at[k]);
    stretched_.at[k] += turn1 * (x - stretched_.at[k]);
    straggling_.at[k] += turn2 * (x - straggling_.at[k]);

    activity_.dns[slot] += TakeWhole(answers.given * x, &dns_rest_[k]);
    activity_.redirect[slot] += TakeWhole(starts.redirect_asks * x, &redirect_rest_[k]);
    activity_.steering[slot] += TakeWhole(ask * steered_before * x, &steering_rest_[k]);

    const double were_steered = steered_[k] * stays, were_stuck = stuck_[k] * stays;
    const double takes = condition_.dead[t] ? 0 : x * (1 - shun_[t]);
    double gain = ask * (steered_before * takes - were_steered * open);
    if (k == next) gain += fleeing;
    double lost = 0;
    if (condition_.dead[t]) {
      sums->failed += by_dns + by_redirect;
      sums->failed_redirect += by_redirect;
      by_dns = by_redirect = 0;
      gain -= were_steered * breaks;
      lost = were_stuck * breaks;
      sums->broken += lost;
    }
    sums->moved += told_ == Playing::kRolled ? ask * were_steered * (1 - x) : std::max(0.0, gain);
    const double begin_steered =
        by_dns * starts.dns_steered + by_redirect * starts.redirect_steered;
    const double stay = 1 - give_up_[t];
    sums->gave_up += (were_stuck - lost + were_steered + gain) * give_up_[t];
    sums->gave_up_steered += (were_steered + gain) * give_up_[t];
    steered_[k] = std::max(0.0, were_steered + gain) * stay + begin_steered;
    stuck_[k] = (were_stuck - lost) * stay + by_dns + by_redirect - begin_steered;

    const double here = stuck_[k] + steered_[k];
    sums->sessions += here;
    sums->steered += steered_[k];
    target_sessions_[t] += here;
    load_[t] += here * mbps;
    starts_[t] += by_dns + by_redirect;
    sums->rtt += here * (rtt_ms_[k] + slow_ms_[t]);
    sums->cost += here * cost_ms_[k];
    sums->stalled += here * stalled_[t];
  }
}

void World::AddUp(const RowSums& sums, const Starts& starts, Row* row) {
  const double ended = row->sessions * (1 - pulses_[row->clients->curve].stay);
  totals_.ended += ended;
  totals_.started += starts.dns + starts.redirect - sums.failed;
  totals_.failed_starts += sums.failed;
  totals_.gave_up += sums.gave_up + sums.broken;
  totals_.broken += sums.broken;
  totals_.moved += sums.moved;
  totals_.rtt_ms += sums.rtt;
  totals_.cost_ms += sums.cost;
  totals_.stalled += sums.stalled;
  totals_.bitrate += sums.sessions * row->ladder;
  totals_.waiting += row->waiting;
  totals_.playing += sums.sessions;
  ServiceTotals& service = services_[row->service];
  service.playing += sums.sessions;
  service.waiting += row->waiting;
  service.bitrate += sums.sessions * row->ladder;
  region_sessions_[row->clients->region] += sums.sessions;
  region_stalled_[row->clients->region] += sums.stalled;
  const double steered = (sums.gave_up_steered + sums.broken_steered) * config_.players.retry;
  const double stuck = (sums.gave_up + sums.broken) * config_.players.retry - steered;
  row->dns_again.Add(steered * habits_.steered_by_dns, 1);
  row->dns_again.Add(stuck * habits_.stuck_by_dns, 0);
  row->redirect_again.Add(steered * (1 - habits_.steered_by_dns), 1);
  row->redirect_again.Add(stuck * (1 - habits_.stuck_by_dns), 0);
  row->dns_again.Add(sums.failed - sums.failed_redirect, starts.dns_steered);
  row->redirect_again.Add(sums.failed_redirect, starts.redirect_steered);
  row->sessions = sums.sessions;
  row->steered = sums.steered;
}

}  // namespace spillway::sim
