// steering/record/format.h -- what a recording holds: every input of every plan, and the plan's
// hash.
//
//   file:   magic (8) version (4) [ item ]*             *.rec, some tens of MiB
//   item:   length (4) kind (1) crc32c (4) payload       crc of kind and payload
//
//   begin   which run, which file of it, why it begins, the number of its first tick
//   policy  the files of a policy directory, as read       \  each before the first tick that needs
//   groups  client groups as the geo database told them     > it; numbered from 0 in each file
//   frame   a policy and groups, with a number of the run  /
//   tick    time, facts, answers, arrivals, heavy resolvers, the plan in force; the plan's hash
//
// A tick holds what changed since the tick before it; the first of a file holds everything, so each
// file is read by itself. Numbers of frames and ticks are the run's, so that files which follow one
// another are one sequence.
// why ages are kept as moments: the age of a report changes with every tick, the moment it was
//      measured does not.
// limits: below; a recording beyond them is refused, and a writer does not make one.
// thread safety: plain values.
#ifndef SPILLWAY_STEERING_RECORD_FORMAT_H_
#define SPILLWAY_STEERING_RECORD_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "steering/model/facts.h"
#include "steering/model/group.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"

namespace spillway::record {

// A byte above 0x7f and a line break: a transfer that thinks it is text breaks it at once.
inline constexpr absl::string_view kMagic("\x89SPWREC\n", 8);
inline constexpr uint32_t kFormatVersion = 2;  // 2: who was put off
inline constexpr absl::string_view kFileSuffix = ".rec";
inline constexpr size_t kFileHeadSize = kMagic.size() + 4;
inline constexpr size_t kItemHeadSize = 9;
// A plan of kTableSlots (steering/plan/candidate_table.h) and its cells, and twice as much again.
inline constexpr size_t kItemSizeMax = size_t{256} << 20;
inline constexpr size_t kTargetsMax = 65'535;  // TargetId
inline constexpr size_t kRowsMax = 4'000'000;  // all countries' regions times 1,000 services
inline constexpr size_t kSlotsMax = 1u << 26;  // kRowsMax rows of kRowSlotsMin
inline constexpr size_t kGroupsMax = 1'000'000;
inline constexpr size_t kPoliciesMax = 100'000;  // in one file, and as many frames

enum class ItemKind : uint8_t { kBegin = 1, kPolicy, kGroups, kFrame, kTick };

// Why a file begins: with the run, because the one before was full, or after ticks that are lost.
enum class Beginning : uint8_t { kStart, kFull, kGap };
inline constexpr size_t kBeginningCount = 3;

struct Begin {
  uint64_t run = 0;   // the run's own: no two are alike
  uint64_t file = 0;  // counts from 0
  Beginning why = Beginning::kStart;
  uint64_t first_tick = 0;  // number of the first tick of this file; counts from 0
  absl::Time at;
  std::string program;  // version of the program that wrote it
};

struct RecordedFrame {
  uint64_t number = 0;  // of the run
  std::shared_ptr<const std::vector<PolicyFile>> policy;
  std::shared_ptr<const std::vector<Group>> groups;
};

// What a planner reads of a plan that answers.
struct RecordedPlan {
  uint64_t frame = 0;
  uint64_t generation = 0;
  absl::Time made_at;
  bool fail_static = false;
  std::vector<PlanRow> rows;
  std::vector<uint16_t> quotas;  // by slot
  std::vector<uint8_t> cells;
  std::vector<uint8_t> up;  // by target
};

// Which plan answered while this tick was planned.
enum class InForce : uint8_t {
  kNone,        // none yet
  kSame,        // the same as at the tick before
  kLast,        // the plan of the tick before
  kRenumbered,  // that one under the number RecordedTick::in_force_generation
  kOther        // in_force_plan: it came from the watchdog
};
inline constexpr size_t kInForceCount = 5;

struct RecordedTick {
  struct Answers {
    uint32_t slot = 0;
    float count = 0;
  };

  uint64_t number = 0;  // of the run
  uint64_t frame = 0;   // RecordedFrame::number
  Facts facts;
  // Activity: `slots` is the size of its vectors; 0 = nothing was counted at this tick.
  absl::Duration elapsed;
  size_t slots = 0;
  std::array<std::vector<Answers>, kFrontCount> answers;  // by rising slot, those that are not 0
  size_t put_off_rows = 0;       // the size of Activity::put_off
  std::vector<Answers> put_off;  // by rising row, as `slot`
  std::optional<std::vector<float>> arrivals;             // by row; absent = not told
  std::shared_ptr<const HeavySet> heavy;
  uint32_t epoch = 0;
  InForce in_force = InForce::kNone;
  uint64_t in_force_generation = 0;
  // With kOther, and in the first tick of a file whenever a plan is in force.
  std::optional<RecordedPlan> in_force_plan;

  // What came of it.
  uint64_t generation = 0;
  uint64_t hash = 0;  // PlanHash
  bool rejected = false;
};

// An age that stays, or that grows from a moment on.
struct AgeMark {
  bool grows = false;
  absl::Duration fixed;  // else zero or infinite
  absl::Time since;

  absl::Duration At(absl::Time now) const { return grows ? now - since : fixed; }
  // Of `age` at `now`: `before` itself whenever that says the same.
  static AgeMark Of(absl::Duration age, absl::Time now, const AgeMark& before) {
    if (before.At(now) == age) return before;
    if (age == absl::ZeroDuration() || age == absl::InfiniteDuration()) return {false, age, {}};
    return {true, {}, now - age};
  }
};

// The fields of TargetFacts that a tick may change, as bits.
enum FactBit : uint8_t {
  kLoadBit = 1,
  kCapacityBit = 2,
  kStateBit = 4,  // reported, probed, feed
  kAgeBit = 8,
  kProbeAgeBit = 16,
  kSequenceBit = 32,
  kSourceBit = 64,
  kDrainBit = 128
};

}  // namespace spillway::record

#endif  // SPILLWAY_STEERING_RECORD_FORMAT_H_
