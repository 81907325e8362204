// steering/plan/grants.h -- answers given, counted where they are given and summed where they are
// read.
//
//   worker w of front f ──Add(slot)──► its own row of counters ◄──Sum(slot)── ledger, metrics
//
// Beside them, by row: joins that were put off (told to come back later). One writer per row of
// counters: no locked instruction on the hot path. Lives as long as its candidate table.
#ifndef SPILLWAY_STEERING_PLAN_GRANTS_H_
#define SPILLWAY_STEERING_PLAN_GRANTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/metrics.h"

namespace spillway {

// How an answer reached the client.
enum class Front : uint8_t { kDns, kRedirect, kSteering };
inline constexpr size_t kFrontCount = 3;
inline absl::string_view FrontName(Front front) {
  constexpr absl::string_view kNames[kFrontCount] = {"dns", "redirect", "steering"};
  return kNames[static_cast<size_t>(front)];
}

class GrantBoard {
 public:
  // `workers` of each front; `slots`, `rows`: of the CandidateTable.
  GrantBoard(size_t slots, size_t rows, std::array<size_t, kFrontCount> workers) {
    for (size_t w = 0; w < workers[static_cast<size_t>(Front::kRedirect)]; ++w)
      put_off_.emplace_back(rows);
    for (size_t f = 0; f < kFrontCount; ++f) {
      for (size_t w = 0; w < workers[f]; ++w) rows_[f].emplace_back(slots);
    }
  }

  // Called only by worker `worker` of `front`. A worker the board was not made for is not counted.
  void Add(Front front, size_t worker, uint32_t slot) const {
    auto& rows = rows_[static_cast<size_t>(front)];
    if (worker < rows.size()) rows[worker][slot].Add();
  }

  // By worker `worker` of Front::kRedirect, as Add.
  void PutOff(size_t worker, uint32_t row) const {
    if (worker < put_off_.size()) put_off_[worker][row].Add();
  }

  uint64_t Sum(Front front, uint32_t slot) const {
    uint64_t sum = 0;
    for (const auto& row : rows_[static_cast<size_t>(front)]) sum += row[slot].Get();
    return sum;
  }
  uint64_t SumPutOff(uint32_t row) const {
    uint64_t sum = 0;
    for (const auto& rows : put_off_) sum += rows[row].Get();
    return sum;
  }

 private:
  // mutable: counting an answer does not change the plan a worker reads.
  mutable std::array<std::vector<std::vector<Counter>>, kFrontCount> rows_;
  mutable std::vector<std::vector<Counter>> put_off_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_GRANTS_H_
