#include "steering/resolvers/resolver_table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace spillway {
namespace {

// The rest of a row follows its queries within this time: short of a ramp, long beside a TTL.
constexpr float kRestMemoryS = 60;
// Cap of the rest's correction: keys beyond the table are at most as warm as this.
constexpr double kRestWarmMax = 0.75;
// A key on trial needs kProvenWaits expiries and the sessions after them.
constexpr uint32_t kTrialTtls = 8;
constexpr uint32_t kTrialMinMs = 120'000;
constexpr uint32_t kSilentMinMs = 600'000;

uint32_t Age(uint32_t now_ms, uint32_t then_ms) {
  const int32_t age = static_cast<int32_t>(now_ms - then_ms);
  return age > 0 ? static_cast<uint32_t>(age) : 0;  // the wall clock may step back
}

// How long a key may take to show demand. No overflow: estimates cap their TTL.
uint32_t TrialMs(const CacheEstimate& estimate) {
  return std::max(kTrialTtls * static_cast<uint32_t>(estimate.ttl_s() * 1000), kTrialMinMs);
}

// Silent for so long an entry is nobody's: as long as a trial, at least 10 minutes.
bool Silent(uint32_t now_ms, uint32_t last_ms, const CacheEstimate& estimate) {
  return Age(now_ms, last_ms) > std::max(TrialMs(estimate), kSilentMinMs);
}

size_t BucketCount(size_t entries) {
  return std::bit_ceil(
      std::max<size_t>(1, (entries + ResolverTable::kBucketSize - 1) / ResolverTable::kBucketSize));
}

}  // namespace

ResolverTable::ResolverTable(ResolverTableOptions options)
    : seed_(Mix64(options.seed)),
      bucket_count_(BucketCount(options.entries)),
      keys_(bucket_count_ * kBucketSize),
      entries_(bucket_count_ * kBucketSize) {
  heavy_.reserve(HeavySet::kSizeMax);
}

void ResolverTable::Bind(const Frame& frame) {
  if (candidates_ == frame.candidates) return;
  std::vector<size_t> row_of_old;
  if (candidates_ != nullptr) {
    absl::flat_hash_map<std::string, size_t> services;
    for (size_t s = 0; s < frame.policy->services.size(); ++s)
      services.emplace(frame.policy->services[s].name, s);
    row_of_old.assign(candidates_->row_count(), kNoPlace);
    for (size_t row = 0; row < row_of_old.size(); ++row) {
      auto service = services.find(policy_->service(candidates_->RowService(row)).name);
      auto group = frame.groups->FindGroup(groups_->group(candidates_->RowGroup(row)).name);
      if (service != services.end() && group)
        row_of_old[row] = frame.candidates->RowIndex(ServiceId(service->second), *group);
    }
  }
  policy_ = frame.policy;
  groups_ = frame.groups;
  candidates_ = frame.candidates;
  table_ = TableTag(candidates_.get());
  Rebuild(row_of_old);
}

void ResolverTable::Rebuild(const std::vector<size_t>& row_of_old) {
  std::vector<uint64_t> keys(keys_.size());
  std::vector<Entry> entries(entries_.size());
  std::swap(keys, keys_);
  std::swap(entries, entries_);
  counts_.entries = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (keys[i] == 0) continue;
    Entry& entry = entries[i];
    if (entry.row >= row_of_old.size() || row_of_old[entry.row] == kNoPlace) continue;
    const size_t row = row_of_old[entry.row];
    const uint64_t key = KeyOf(entry.asker, row);
    const size_t place = PlaceFor(key, entry.last_ms);
    if (place == kNoPlace) continue;
    if (keys_[place] == 0) ++counts_.entries;
    keys_[place] = key;
    entries_[place] = entry;
    entries_[place].row = static_cast<uint32_t>(row);
  }
  const std::vector<float> old_arrivals = std::move(arrivals_);
  const std::vector<RowSums> old_rows = std::move(rows_);
  arrivals_.assign(candidates_->row_count(), 0);
  totals_.assign(candidates_->row_count(), 0);
  rows_.assign(candidates_->row_count(), RowSums());
  for (size_t old = 0; old < row_of_old.size(); ++old) {
    if (row_of_old[old] == kNoPlace) continue;
    arrivals_[row_of_old[old]] = old_arrivals[old];
    rows_[row_of_old[old]] = old_rows[old];
  }
}

size_t ResolverTable::FindPlace(uint64_t key) const {
  const size_t begin = BucketOf(key);
  for (size_t i = begin; i < begin + kBucketSize; ++i) {
    if (keys_[i] == key) return i;
  }
  return kNoPlace;
}

const CacheEstimate* ResolverTable::Find(uint64_t asker, size_t row) const {
  const size_t place = FindPlace(KeyOf(asker, row));
  return place == kNoPlace ? nullptr : &entries_[place].estimate;
}

// The place a new key may take in its bucket: a free one, one that fell silent, one whose trial
// failed; else the lightest proven one while few are on trial.
size_t ResolverTable::PlaceFor(uint64_t key, uint32_t now_ms) const {
  const size_t begin = BucketOf(key);
  size_t lightest = kNoPlace;
  int on_trial = 0;
  for (size_t i = begin; i < begin + kBucketSize; ++i) {
    if (keys_[i] == 0) return i;
    const Entry& entry = entries_[i];
    const uint32_t ttl_ms = static_cast<uint32_t>(entry.estimate.ttl_s() * 1000);
    if (Silent(now_ms, entry.last_ms, entry.estimate)) return i;
    if (entry.proven()) {
      if (lightest == kNoPlace || entry.rate < entries_[lightest].rate) lightest = i;
      continue;
    }
    if (Age(now_ms, entry.born_ms) > std::max(kTrialTtls * ttl_ms, kTrialMinMs)) return i;
    ++on_trial;
  }
  return on_trial < kTrialsMax ? lightest : kNoPlace;
}

void ResolverTable::Take(const AnswerNote& note) {
  if (note.table != table_ || note.row >= rows_.size()) {
    ++counts_.foreign;
    return;
  }
  RowSums& row = rows_[note.row];
  if (row.ttl_s == 0) row.first_ms = note.at_ms;
  row.ttl_s = std::max<uint32_t>(note.ttl_s, 1);
  const uint64_t key = KeyOf(note.asker, note.row);
  size_t place = FindPlace(key);
  if (place == kNoPlace && door_.Seen(key, note.at_ms)) {
    place = PlaceFor(key, note.at_ms);
    if (place == kNoPlace) {
      ++counts_.turned_away;
    } else {
      ++(keys_[place] == 0 ? counts_.entries : counts_.evicted);
      ++counts_.admitted;
      keys_[place] = key;
      entries_[place] = Entry{.asker = note.asker,
                              .row = note.row,
                              .born_ms = note.at_ms,
                              .last_ms = note.at_ms,
                              .by_ecs = note.by_ecs != 0,
                              .second_family = note.second_family != 0};
    }
  }
  if (place != kNoPlace) Learn(entries_[place], note);
  if (place == kNoPlace || !entries_[place].proven()) ++row.rest[note.second_family];
}

void ResolverTable::Learn(Entry& entry, const AnswerNote& note) {
  if (entry.second_family != (note.second_family != 0)) {
    // The other answer of the same audience, unless its own family is no longer asked for.
    if (Age(note.at_ms, entry.last_ms) <= TrialMs(entry.estimate)) return;
    entry.second_family = note.second_family != 0;
    entry.estimate = CacheEstimate();
  }
  const bool whole = !any_lost_ || static_cast<int32_t>(lost_ms_ - entry.last_ms) < 0;
  entry.estimate.Answered(note.at_ms, note.ttl_s, whole);
  entry.last_ms = note.at_ms;
}

void ResolverTable::Remove(size_t place) {
  keys_[place] = 0;
  --counts_.entries;
}

void ResolverTable::SweepEntries(uint32_t now_ms) {
  std::fill(totals_.begin(), totals_.end(), 0.0f);
  for (RowSums& row : rows_) {
    row.warm_sum = 0;
    row.light_count = 0;
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (keys_[i] == 0) continue;
    Entry& entry = entries_[i];
    entry.rate = entry.proven() ? static_cast<float>(entry.estimate.SessionsPerS(now_ms)) : 0.0f;
    // Also because 32 bits of milliseconds cannot tell 25 days ago from tomorrow.
    if (Silent(now_ms, entry.last_ms, entry.estimate)) Remove(i);
    if (keys_[i] == 0 || !entry.proven()) continue;
    totals_[entry.row] += entry.rate;
    if (entry.heavy) continue;
    rows_[entry.row].warm_sum += static_cast<float>(entry.estimate.WarmPart());
    ++rows_[entry.row].light_count;
  }
}

void ResolverTable::SumRows(uint32_t now_ms) {
  const float elapsed_s = swept_ ? static_cast<float>(Age(now_ms, swept_ms_)) * 1e-3f : 0;
  swept_ = true;
  swept_ms_ = now_ms;
  const float keep = std::exp(-elapsed_s / kRestMemoryS);
  rest_seconds_ += elapsed_s;
  for (size_t r = 0; r < rows_.size(); ++r) {
    RowSums& row = rows_[r];
    const float rest = std::max(row.rest[0], row.rest[1]);
    if (rest_seconds_ > 0 && rest > 0) {
      const double warm = row.light_count == 0 ? 0 : row.warm_sum / row.light_count;
      totals_[r] += static_cast<float>(rest / rest_seconds_ / (1 - std::min(warm, kRestWarmMax)));
    }
    row.rest[0] *= keep;
    row.rest[1] *= keep;
    row.known |= row.ttl_s > 0 && Age(now_ms, row.first_ms) / 1000 >= kKnownTtls * row.ttl_s;
    arrivals_[r] = row.known ? totals_[r] : 0;
  }
  rest_seconds_ *= keep;
}

void ResolverTable::Sweep(uint32_t now_ms) {
  SweepEntries(now_ms);
  SumRows(now_ms);
  CollectHeavy();
}

void ResolverTable::CollectHeavy() {
  heavy_scratch_.clear();
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (keys_[i] == 0) continue;
    Entry& entry = entries_[i];
    const double share = entry.heavy ? kHeavyShareLeave : kHeavyShare;
    // An answer that serves less than one more session in its life steers nobody: taking turns
    // would only cost the few their place.
    entry.heavy = !entry.by_ecs && entry.estimate.waits() >= kHeavyWaits &&
                  entry.rate > share * totals_[entry.row] &&
                  entry.rate * entry.estimate.ttl_s() >= 1;
    if (entry.heavy) heavy_scratch_.emplace_back(entry.rate, entry.asker);
  }
  std::sort(heavy_scratch_.begin(), heavy_scratch_.end(), std::greater<>());
  heavy_.clear();
  for (const auto& [rate, asker] : heavy_scratch_) {
    if (heavy_.size() == HeavySet::kSizeMax) break;
    heavy_.push_back(asker);
  }
}

size_t ResolverTable::memory_bytes() const {
  return keys_.capacity() * sizeof(uint64_t) + entries_.capacity() * sizeof(Entry) +
         rows_.capacity() * sizeof(RowSums) +
         (arrivals_.capacity() + totals_.capacity()) * sizeof(float) +
         heavy_.capacity() * sizeof(uint64_t) +
         heavy_scratch_.capacity() * sizeof(std::pair<float, uint64_t>) + 2 * Doorkeeper::kBits / 8;
}

}  // namespace spillway
