// steering/planner/spill.cc -- SpillRefused of allocate.h: where those go who fit nowhere.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "steering/planner/allocate.h"

namespace spillway {
namespace {

// Less than this part of a row is the solver's rounding, not a refusal.
constexpr float kRefusedMin = 1e-4f;

// Beyond `hard`, in parts of what is not pinned below it: each level is filled before the next, so
// that nobody is full to the brim while others have room, and who is full of what stays gets
// nothing. Rows choose by themselves, so a level takes two rounds.
constexpr double kLevels[] = {0, 0, 0, 0.05, 0, 0.05, 0, 0.1, 0, 0.2, 0, 0.5, 0};

class Spill {
 public:
  explicit Spill(const Allocation& a)
      : a_(a), table_(*a.frame.candidates), targets_(a.hard_room.size()), limits_of_(targets_) {
    left_.assign(a.hard_room.begin(), a.hard_room.end());
    left_.insert(left_.end(), a.limit_room.begin(), a.limit_room.end());
    for (const double room : left_) step_.push_back(std::isfinite(room) ? std::max(0.0, room) : 0);
    const std::vector<SharedLimit>& limits = a.frame.policy->limits;
    for (size_t l = 0; l < limits.size(); ++l)
      for (const TargetId t : limits[l].targets) limits_of_[t.index()].push_back(targets_ + l);
    room_.resize(targets_);
    fit_.resize(targets_);
  }

  // Of `row` so much is to be placed; nothing when all its targets are closed.
  void Add(size_t row, float rest) {
    absl::Span<const Slot> slots = table_.Row(row);
    const size_t begin = open_.size();
    for (size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].fenced || !a_.open[slots[i].target.index()]) continue;
      open_.push_back({table_.RowBegin(row) + static_cast<uint32_t>(i),
                       static_cast<uint16_t>(slots[i].target.index())});
    }
    if (open_.size() > begin) rows_.push_back({begin, open_.size(), a_.demand[row], rest});
  }

  // `shares`: what is placed already, of all rows.
  void Pour(absl::Span<float> shares) {
    if (rows_.empty()) return;
    for (size_t row = 0; row < table_.row_count(); ++row) {
      absl::Span<const Slot> slots = table_.Row(row);
      const float* const x = shares.data() + table_.RowBegin(row);
      for (size_t i = 0; i < slots.size(); ++i)
        Take(slots[i].target.index(), a_.demand[row] * x[i]);
    }
    for (const double level : kLevels) {
      if (rows_.empty()) return;
      for (size_t i = 0; i < left_.size(); ++i) left_[i] += level * step_[i];
      MeasureRoom();
      FitTogether();
      PourOnce(shares);
    }
    std::fill(fit_.begin(), fit_.end(), 1.0);
    room_.assign(step_.begin(), step_.begin() + static_cast<ptrdiff_t>(targets_));
    PourOnce(shares);
    room_.assign(a_.capacity.begin(), a_.capacity.end());
    PourOnce(shares);
    std::fill(room_.begin(), room_.end(), 1.0);
    PourOnce(shares);
  }

 private:
  // Less than this part of a row is nobody: a thousandth of a cell.
  static constexpr double kNobody = 4e-6;
  struct OpenSlot {
    uint32_t slot;
    uint16_t target;
  };
  struct Row {
    size_t begin, end;  // in open_
    double mbps;        // the whole row's
    double rest;        // part of it still to be placed
  };

  void Take(size_t target, double mbps) {
    left_[target] -= mbps;
    for (const size_t limit : limits_of_[target]) left_[limit] -= mbps;
  }
  void MeasureRoom() {
    for (size_t t = 0; t < targets_; ++t) {
      // Without a limit: as much as it has, if anyone knows.
      double room = std::isfinite(left_[t]) ? left_[t] : a_.capacity[t];
      for (const size_t limit : limits_of_[t]) room = std::min(room, left_[limit]);
      room_[t] = std::max(0.0, room);
    }
  }
  double RoomOf(const Row& row) const {
    double sum = 0;
    for (size_t k = row.begin; k < row.end; ++k) sum += room_[open_[k].target];
    return sum;
  }
  // What part of all that would come each target, and each limit it stands on, has room for.
  void FitTogether() {
    std::vector<double> comes(left_.size(), 0);
    for (const Row& row : rows_) {
      const double sum = RoomOf(row);
      if (sum <= 0) continue;
      const double part = row.mbps * row.rest / sum;
      for (size_t k = row.begin; k < row.end; ++k)
        comes[open_[k].target] += part * room_[open_[k].target];
    }
    for (size_t t = 0; t < targets_; ++t)
      for (const size_t limit : limits_of_[t]) comes[limit] += comes[t];
    for (size_t t = 0; t < targets_; ++t) {
      fit_[t] = Fits(left_[t], comes[t]);
      for (const size_t limit : limits_of_[t])
        fit_[t] = std::min(fit_[t], Fits(left_[limit], comes[limit]));
    }
  }
  static double Fits(double left, double comes) {
    return comes > std::max(0.0, left) ? std::max(0.0, left) / comes : 1;
  }
  void PourOnce(absl::Span<float> shares) {
    for (Row& row : rows_) {
      const double sum = RoomOf(row);
      if (sum <= 0) continue;
      const double part = row.rest / sum;
      for (size_t k = row.begin; k < row.end; ++k) {
        const size_t t = open_[k].target;
        const double more = part * room_[t] * fit_[t];
        if (more <= 0) continue;
        shares[open_[k].slot] += static_cast<float>(more);
        row.rest -= more;
        Take(t, row.mbps * more);
      }
    }
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(),
                               [](const Row& row) { return row.rest <= kNobody; }),
                rows_.end());
  }

  const Allocation& a_;
  const CandidateTable& table_;
  const size_t targets_;
  std::vector<std::vector<size_t>> limits_of_;  // by target: indices of left_
  std::vector<double> left_;        // by target, then shared limit: Mbps, beside what is placed
  std::vector<double> step_;        // likewise: what is not pinned below `hard`
  std::vector<double> room_, fit_;  // by target: may come; part of what comes in this round
  std::vector<OpenSlot> open_;
  std::vector<Row> rows_;
};

}  // namespace

void SpillRefused(const Allocation& a, absl::Span<float> shares, absl::Span<float> refused) {
  const CandidateTable& table = *a.frame.candidates;
  Spill spill(a);
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    absl::Span<float> x = shares.subspan(table.RowBegin(row), slots.size());
    float sum = 0;
    for (const float share : x) sum += share;
    const float rest = 1 - sum;
    refused[row] = rest > kRefusedMin ? rest : 0;
    if (refused[row] == 0 && sum > 0) {
      const float whole = 1 / sum;
      for (float& share : x) share *= whole;
      continue;
    }
    spill.Add(row, rest);
  }
  spill.Pour(shares);
}

}  // namespace spillway
