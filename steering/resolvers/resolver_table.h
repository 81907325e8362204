// steering/resolvers/resolver_table.h -- who asks for each row, how much is behind them, in bounded
// memory.
//
//   note ──key (asker, row)──► its bucket: [ 16 places ]     known: learn
//                              12 proven, by demand          seen before: a place on trial
//                               4 on trial                   first time: the row's rest
//
//   Sweep: row arrivals = sessions/s of its proven entries + rest queries/s / (1 - warm part)
//          heavy        = resolvers without ECS with more than half a cell of their row
//
// The rest's warm part is the mean over the row's light entries: they are of the same kind, and for
// a Poisson stream through a cache queries = lambda (1 - p), p = lambda T / (1 + lambda T).
// Askers that ask for A and AAAA keep two answers and are one audience: an entry learns from the
// family it first asked for, and the rest counts the family asked for more.
//
// invariants: (1) memory is that of the constructor and of Bind, whatever is asked by whomever; (2)
// a proven entry gives its place only to a key on trial when it is the lightest of its bucket and
// fewer than kTrialsMax are on trial there, or when it fell silent: a flood of new addresses costs
// the light ones, never the heavy ones; (3) all outputs are finite and >= 0.
// units: sessions/s of unit weight (nobody tells us how many viewers a session has).
// limits: questions spoofed in an address's name count as its demand: who asks at each expiry is
// believed up to kCachesMax / kWaitMinS = 800 sessions/s, above that 4 a question; a proven entry
// follows a change in some 16 TTLs.
// cost: with every place taken Take 180 ns, Sweep 1.3 ms CPU, 12 MiB (two busy cores,
//      tests/bench/resolvers_bench.cc); 36 octets a row beside.
// thread safety: one thread's.
#ifndef SPILLWAY_STEERING_RESOLVERS_RESOLVER_TABLE_H_
#define SPILLWAY_STEERING_RESOLVERS_RESOLVER_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "steering/plan/plan.h"
#include "steering/resolvers/answer_log.h"
#include "steering/resolvers/cache_estimate.h"
#include "steering/resolvers/doorkeeper.h"

namespace spillway {

struct ResolverTableOptions {
  size_t entries = 65'536;  // rounded up to whole buckets, a power of two of them
  uint64_t seed = 0;        // of bucket choice, so that nobody can aim at a bucket
};

class ResolverTable {
 public:
  static constexpr size_t kBucketSize = 16;
  static constexpr int kTrialsMax = 4;
  // Waits after which an entry is counted by itself (mean right to 1/2), and by which one is
  // believed to be heavy (to 1/3).
  static constexpr int kProvenWaits = 4;
  static constexpr int kHeavyWaits = 8;
  // Half a cell: less than that and the fixed cell cannot miss the shares by a whole one. Leaves
  // below half of that again, so that it does not flap.
  static constexpr double kHeavyShare = 0.5 / kCellCount;
  static constexpr double kHeavyShareLeave = kHeavyShare / 2;
  // The first answers to a heavy resolver are counted as one session each, for want of waits: a row
  // told too early would seem to grow a hundredfold while they are learned.
  static constexpr uint32_t kKnownTtls = 16;

  explicit ResolverTable(ResolverTableOptions options = {});

  // Rows are those of `frame` from now on; entries move by the names of service and group, and go
  // with a name that went.
  void Bind(const Frame& frame);

  // Notes of another frame's rows are dropped and counted.
  void Take(const AnswerNote& note);
  // Notes before `at_ms` are missing: waits they may have been in are not learned from.
  void NotesLost(uint32_t at_ms) {
    lost_ms_ = at_ms;
    any_lost_ = true;
  }

  // Computes everything below as of `now_ms`. Cost: one pass over the entries and the rows.
  void Sweep(uint32_t now_ms);
  // By row of the frame; 0 where nothing is known yet: until a row was asked for during kKnownTtls.
  absl::Span<const float> arrivals() const { return arrivals_; }
  // ResolverHash values, the most demand first, at most HeavySet::kSizeMax.
  absl::Span<const uint64_t> heavy() const { return heavy_; }

  struct Counts {
    size_t entries = 0;        // in use
    uint64_t admitted = 0;     // keys given a place
    uint64_t evicted = 0;      // entries that lost theirs to another
    uint64_t turned_away = 0;  // answers to keys seen before for which there was no place
    uint64_t foreign = 0;      // notes of another frame
  };
  const Counts& counts() const { return counts_; }
  size_t memory_bytes() const;

  // Of one asker, for tests and status pages; null when it has no entry. Finds in O(1).
  const CacheEstimate* Find(uint64_t asker, size_t row) const;

 private:
  struct Entry {
    uint64_t asker = 0;
    uint32_t row = 0;
    uint32_t born_ms = 0;
    uint32_t last_ms = 0;
    float rate = 0;  // of the last sweep; 0 until proven
    bool by_ecs = false;
    bool second_family = false;
    bool heavy = false;
    CacheEstimate estimate;
    bool proven() const { return estimate.waits() >= kProvenWaits; }
  };
  struct RowSums {
    float rest[2] = {0, 0};  // answers by family, fading
    uint32_t first_ms = 0;   // of the first answer
    uint32_t ttl_s = 0;      // of the last; 0 = none yet
    bool known = false;
    float warm_sum = 0;  // over light entries, this sweep
    uint32_t light_count = 0;
  };

  uint64_t KeyOf(uint64_t asker, size_t row) const { return CombineHash(asker ^ seed_, row) | 1; }
  size_t BucketOf(uint64_t key) const { return (key >> 32) % bucket_count_ * kBucketSize; }
  size_t FindPlace(uint64_t key) const;  // kNoPlace when absent
  size_t PlaceFor(uint64_t key, uint32_t now_ms) const;
  void Learn(Entry& entry, const AnswerNote& note);
  void SweepEntries(uint32_t now_ms);
  void Remove(size_t place);
  void SumRows(uint32_t now_ms);
  void CollectHeavy();
  void Rebuild(const std::vector<size_t>& row_of_old);

  static constexpr size_t kNoPlace = ~size_t{0};

  uint64_t seed_;
  size_t bucket_count_;
  std::vector<uint64_t> keys_;  // 0 = free
  std::vector<Entry> entries_;
  Doorkeeper door_;
  std::vector<RowSums> rows_;
  std::vector<float> totals_;    // by row, whether known or not
  std::vector<float> arrivals_;  // those that are known
  std::vector<uint64_t> heavy_;
  std::vector<std::pair<float, uint64_t>> heavy_scratch_;
  float rest_seconds_ = 0;  // what `rest` was counted over, fading alike
  uint32_t swept_ms_ = 0;
  uint32_t lost_ms_ = 0;
  bool any_lost_ = false;
  bool swept_ = false;
  Counts counts_;
  // What the rows mean; held so that a tag cannot come to mean another table.
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const GroupMap> groups_;
  std::shared_ptr<const CandidateTable> candidates_;
  uint32_t table_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_RESOLVERS_RESOLVER_TABLE_H_
