// steering/planner/n_minus_one.cc -- see n_minus_one.h.
#include "steering/planner/n_minus_one.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace spillway {
namespace {

template <typename T>
std::vector<T> Copy(absl::Span<const T> from) {
  return {from.begin(), from.end()};
}

// Adds slots to their rows, at the end.
void AddColumns(const std::vector<solve::Column>& columns, LossQuestion* q) {
  std::vector<uint32_t> row_begin{0}, slot_target;
  std::vector<float> cost, prior;
  const size_t slots = q->slot_target.size() + columns.size();
  slot_target.reserve(slots);
  cost.reserve(slots);
  prior.reserve(slots);
  auto column = columns.begin();  // in order of row
  for (size_t row = 0; row + 1 < q->row_begin.size(); ++row) {
    double prior_sum = 0;
    size_t open = 0;
    for (uint32_t s = q->row_begin[row]; s < q->row_begin[row + 1]; ++s) {
      slot_target.push_back(q->slot_target[s]);
      cost.push_back(q->slot_cost_ms[s]);
      prior.push_back(q->slot_prior[s]);
      prior_sum += q->slot_prior[s];
      open += q->slot_prior[s] > 0;
    }
    for (; column != columns.end() && column->row == row; ++column) {
      slot_target.push_back(column->target);
      cost.push_back(static_cast<float>(column->cost_ms));
      prior.push_back(open > 0 ? static_cast<float>(prior_sum / static_cast<double>(open)) : 1.0f);
    }
    row_begin.push_back(static_cast<uint32_t>(slot_target.size()));
  }
  q->row_begin = std::move(row_begin);
  q->slot_target = std::move(slot_target);
  q->slot_cost_ms = std::move(cost);
  q->slot_prior = std::move(prior);
}

// One what-if: the question as it is, or with one target closed.
class Scenario {
 public:
  Scenario(const LossQuestion& question, const LossOptions& options)
      : q_(question), options_(options) {}

  // Closes `lost`: nobody is sent there, its limits get back what it pinned, and who was there
  // comes back to the rows that `base` sends there.
  void Close(uint32_t lost, const solve::Solution& base, double placed) {
    lost_ = lost;
    const double pinned = q_.pinned_mbps[lost];
    double reach = 0;  // demand of the rows that could use it, when none does
    for (size_t row = 0; row < q_.demand.size() && placed <= 0; ++row) {
      for (uint32_t s = q_.row_begin[row]; s < q_.row_begin[row + 1]; ++s)
        if (q_.owner[q_.slot_target[s]] == lost) reach += q_.demand[row];
    }
    for (size_t row = 0; row < q_.demand.size(); ++row) {
      const double own = q_.demand[row];
      for (uint32_t s = q_.row_begin[row]; s < q_.row_begin[row + 1]; ++s) {
        if (q_.owner[q_.slot_target[s]] != lost) continue;
        if (placed > 0) q_.demand[row] += pinned * own * base.shares[s] / placed;
        if (placed <= 0 && reach > 0) q_.demand[row] += pinned * own / reach;
        q_.slot_prior[s] = 0;
      }
    }
    GiveBack(lost, pinned);
  }

  const solve::Solution& Solve() {
    const solve::Options options{.tolerance = options_.tolerance,
                                 .sweeps_max = options_.sweeps_max};
    const solve::Solution* solution = &solver_.Solve(q_.View(), options, q_.warm_price_ms);
    for (int round = 0; q_.cost_ms && round < options_.column_rounds; ++round) {
      const auto cost = [this](uint32_t row, uint32_t target) {
        return q_.owner[target] == lost_ ? std::numeric_limits<double>::infinity()
                                         : q_.cost_ms(row, target);
      };
      const auto columns = solve::ProposeColumns(q_.View(), *solution, {}, cost);
      if (columns.empty()) break;
      AddColumns(columns, &q_);
      q_.warm_price_ms = solution->price_ms;
      solution = &solver_.Solve(q_.View(), options, q_.warm_price_ms);
    }
    return *solution;
  }

  // The question as it became: with columns added.
  LossQuestion& question() { return q_; }

 private:
  static constexpr uint32_t kNobody = 0xffffffff;

  // Each limit once, however many problem targets of `lost` use it.
  void GiveBack(uint32_t lost, double pinned) {
    std::vector<bool> done(q_.headroom.size(), false);
    for (size_t j = 0; j + 1 < q_.use_begin.size(); ++j) {
      if (q_.owner[j] != lost) continue;
      for (uint32_t u = q_.use_begin[j]; u < q_.use_begin[j + 1]; ++u) {
        if (done[q_.use_limit[u]]) continue;
        done[q_.use_limit[u]] = true;
        q_.headroom[q_.use_limit[u]] += pinned * q_.use_factor[u];
      }
    }
  }

  LossQuestion q_;
  const LossOptions& options_;
  solve::Solver solver_;
  uint32_t lost_ = kNobody;
};

// Demand that `solution` refuses, by row, once what still fits into the slots of a row has been put
// there: a solve that ran out of sweeps cuts more than it must.
std::vector<double> RefusedBy(const LossQuestion& q, const solve::Solution& solution) {
  std::vector<double> refused(q.demand.size()), room(q.headroom.size());
  for (size_t l = 0; l < room.size(); ++l) room[l] = q.headroom[l] - solution.limit_load[l];
  for (size_t i = 0; i < refused.size(); ++i) {
    refused[i] = q.demand[i] * solution.sink_shares[i];
    for (uint32_t s = q.row_begin[i]; s < q.row_begin[i + 1] && refused[i] > 0; ++s) {
      if (q.slot_prior[s] <= 0) continue;
      const uint32_t begin = q.use_begin[q.slot_target[s]], end = q.use_begin[q.slot_target[s] + 1];
      double fits = refused[i];
      for (uint32_t u = begin; u < end; ++u) {
        if (q.use_factor[u] > 0) fits = std::min(fits, room[q.use_limit[u]] / q.use_factor[u]);
      }
      if (fits <= 0) continue;
      refused[i] -= fits;
      for (uint32_t u = begin; u < end; ++u) room[q.use_limit[u]] -= fits * q.use_factor[u];
    }
  }
  return refused;
}

std::vector<double> PlacedBy(const LossQuestion& q, const solve::Solution& solution) {
  std::vector<double> placed(q.pinned_mbps.size(), 0);
  for (size_t i = 0; i < q.demand.size(); ++i) {
    for (uint32_t s = q.row_begin[i]; s < q.row_begin[i + 1]; ++s)
      placed[q.owner[q.slot_target[s]]] += q.demand[i] * solution.shares[s];
  }
  return placed;
}

}  // namespace

solve::Problem LossQuestion::View() const {
  return {.row_begin = row_begin,
          .demand = demand,
          .row_class = row_class,
          .slot_target = slot_target,
          .slot_cost_ms = slot_cost_ms,
          .slot_prior = slot_prior,
          .use_begin = use_begin,
          .use_limit = use_limit,
          .use_factor = use_factor,
          .headroom = headroom,
          .sink_cost_ms = sink_cost_ms,
          .epsilon_ms = epsilon_ms};
}

void CopyProblem(const solve::Problem& problem, absl::Span<const double> headroom,
                 LossQuestion* question) {
  CHECK(headroom.empty() || headroom.size() == problem.limits());
  question->row_begin = Copy(problem.row_begin);
  question->demand = Copy(problem.demand);
  question->row_class = Copy(problem.row_class);
  question->slot_target = Copy(problem.slot_target);
  question->slot_cost_ms = Copy(problem.slot_cost_ms);
  question->slot_prior = Copy(problem.slot_prior);
  question->use_begin = Copy(problem.use_begin);
  question->use_limit = Copy(problem.use_limit);
  question->use_factor = Copy(problem.use_factor);
  question->headroom = Copy(headroom.empty() ? problem.headroom : headroom);
  question->sink_cost_ms = Copy(problem.sink_cost_ms);
  question->epsilon_ms = problem.epsilon_ms;
}

void SetFrame(std::shared_ptr<const Frame> frame, LossQuestion* question) {
  const size_t targets = frame->policy->targets.size();
  question->owner.resize(targets * frame->policy->services.size());
  for (size_t pair = 0; pair < question->owner.size(); ++pair)
    question->owner[pair] = static_cast<uint32_t>(pair % targets);
  question->cost_ms = [frame = std::move(frame), targets](uint32_t row, uint32_t pair) {
    const CandidateTable& table = *frame->candidates;
    const absl::Span<const Slot> slots = table.Row(row);
    if (pair / targets == table.RowService(row).index()) {
      for (const Slot& slot : slots) {
        if (slot.target.index() == pair % targets && !slot.fenced)
          return static_cast<double>(slot.cost_ms - slots[0].cost_ms);
      }
    }
    return std::numeric_limits<double>::infinity();
  };
}

std::vector<Loss> CheckLoss(const LossQuestion& question, const LossOptions& options,
                            const std::atomic<bool>* stop) {
  CHECK(question.owner.size() + 1 == question.use_begin.size());
  std::vector<Loss> losses;
  if (question.demand.empty()) return losses;
  Scenario base(question, options);
  const solve::Solution& solution = base.Solve();
  base.question().warm_price_ms = solution.price_ms;
  const LossQuestion& q = base.question();
  const std::vector<double> refused = RefusedBy(q, solution), placed = PlacedBy(q, solution);

  std::vector<uint32_t> order(q.pinned_mbps.size());
  std::iota(order.begin(), order.end(), 0);
  const auto load = [&](uint32_t t) { return q.pinned_mbps[t] + placed[t]; };
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return load(a) != load(b) ? load(a) > load(b) : a < b; });
  for (const uint32_t t : order) {
    if (losses.size() >= options.targets_max || load(t) <= 0) break;
    if (stop != nullptr && stop->load()) break;
    Scenario without(q, options);
    without.Close(t, solution, placed[t]);
    const solve::Solution& then = without.Solve();
    const std::vector<double> refused_then = RefusedBy(without.question(), then);
    Loss loss{.target = t, .lost_mbps = load(t), .converged = then.converged};
    for (size_t i = 0; i < refused_then.size(); ++i) {
      const double more = refused_then[i] - refused[i];
      loss.refused_mbps += more;
      if (more <= loss.worst_row_mbps) continue;
      loss.worst_row = static_cast<uint32_t>(i);
      loss.worst_row_mbps = more;
    }
    loss.refused_mbps = std::max(0.0, loss.refused_mbps);
    losses.push_back(loss);
  }
  return losses;
}

}  // namespace spillway
