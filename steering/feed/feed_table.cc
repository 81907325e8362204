#include "steering/feed/feed_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/suggest.h"

namespace spillway {
namespace {

// "Did you mean" reads every target name; a batch of 10,000 unknown ones must not.
constexpr size_t kSuggestionsPerBatch = 8;

std::string DidYouMean(const Policy& policy, absl::string_view name) {
  std::vector<std::string> names;
  names.reserve(policy.targets.size());
  for (const Target& target : policy.targets) names.push_back(target.name);
  std::string near = Suggest(name, names);
  return near.empty() ? "" : absl::StrCat("; did you mean \"", near, "\"?");
}

}  // namespace

FeedTable::FeedTable(std::shared_ptr<const Policy> policy, FeedLimits limits) : limits_(limits) {
  CHECK(policy != nullptr);
  MutexLock lock(mu_);
  policy_ = std::move(policy);
  BindLocked();
}

void FeedTable::Rebind(std::shared_ptr<const Policy> policy, absl::Time now) {
  CHECK(policy != nullptr);
  MutexLock lock(mu_);
  policy_.swap(policy);
  BindLocked();
  for (auto it = targets_.begin(); it != targets_.end();) {
    auto here = it++;
    if (!here->second.in_policy && here->second.feed.Forgettable(now)) targets_.erase(here);
  }
  MoveLocked();
}

void FeedTable::BindLocked() {
  for (auto& [name, entry] : targets_) entry.in_policy = false;
  for (const Target& target : policy_->targets) {
    Entry& entry = targets_[target.name];
    entry.in_policy = true;
    entry.capacity = target.capacity;
    entry.feed.SetProbes(target.probes);
  }
}

double FeedTable::TokensAt(const Source& source, absl::Time now) const {
  double elapsed = std::max(0.0, absl::ToDoubleSeconds(now - source.refilled));
  return std::min(limits_.rows_burst, source.tokens + elapsed * limits_.rows_per_second);
}

FeedTable::Source* FeedTable::FindSource(absl::string_view name, absl::Time now) {
  auto it = sources_.find(name);
  if (it != sources_.end()) return &it->second;
  if (sources_.size() >= limits_.sources_max) return nullptr;
  Source fresh;
  fresh.tokens = limits_.rows_burst;
  fresh.refilled = now;
  return &sources_.emplace(std::string(name), fresh).first->second;
}

bool FeedTable::OverRate(absl::string_view source, absl::Time now) const {
  MutexLock lock(mu_);
  auto it = sources_.find(source);
  return it != sources_.end() && TokensAt(it->second, now) < 1;
}

void FeedTable::CountRefused(absl::string_view source, BatchError error, absl::Time now) {
  MutexLock lock(mu_);
  ++refused_batches_[static_cast<size_t>(error)];
  if (Source* known = FindSource(source, now)) ++known->refused_batches;
}

// Rows the parser refused cost as much of the rate as others: a flood of rubbish is a flood.
void FeedTable::CountRows(absl::string_view name, absl::Span<const RowError> refused,
                          absl::Time now) {
  Source* source = FindSource(name, now);
  for (const RowError& error : refused) ++refused_rows_[static_cast<size_t>(error.code)];
  if (source == nullptr) return;
  source->refused += refused.size();
  source->tokens = std::max(0.0, TokensAt(*source, now) - static_cast<double>(refused.size()));
  source->refilled = now;
}

BatchResult FeedTable::Accept(absl::string_view source, const SampleBatch& batch, absl::Time now) {
  BatchResult result;
  result.refused = batch.refused;
  {
    MutexLock lock(mu_);
    CountRows(source, batch.refused, now);
  }
  for (size_t begin = 0; begin < batch.samples.size(); begin += kRowsPerLock) {
    MutexLock lock(mu_);
    Source* known = FindSource(source, now);
    size_t refused_before = result.refused.size();
    size_t end = std::min(batch.samples.size(), begin + kRowsPerLock);
    for (size_t i = begin; i < end; ++i) AcceptRow(source, known, batch.samples[i], now, &result);
    for (size_t i = refused_before; i < result.refused.size(); ++i) {
      ++refused_rows_[static_cast<size_t>(result.refused[i].code)];
    }
    if (known != nullptr) known->refused += result.refused.size() - refused_before;
  }
  std::stable_sort(result.refused.begin(), result.refused.end(),
                   [](const RowError& a, const RowError& b) { return a.row < b.row; });
  SuggestTargets(&result);
  return result;
}

void FeedTable::AcceptRow(absl::string_view source_name, Source* source, const Sample& sample,
                          absl::Time now, BatchResult* result) {
  auto refuse = [&](RowErrorCode code, std::string message) {
    result->refused.push_back({sample.row, sample.target, code, std::move(message)});
  };
  if (source == nullptr) {
    return refuse(RowErrorCode::kTooManySources,
                  absl::StrCat("want at most ", limits_.sources_max, " sources"));
  }
  source->tokens = TokensAt(*source, now);
  source->refilled = now;
  if (source->tokens < 1) {
    return refuse(RowErrorCode::kRateLimited, absl::StrCat("want at most ", limits_.rows_per_second,
                                                           " rows per second from one source"));
  }
  source->tokens -= 1;
  auto it = targets_.find(sample.target);
  if (it == targets_.end() || !it->second.in_policy) {
    return refuse(RowErrorCode::kUnknownTarget, "the policy has no such target");
  }
  TargetFeed::Verdict verdict =
      it->second.feed.Accept(source_name, sample, it->second.capacity, now);
  switch (verdict.kind) {
    case TargetFeed::Verdict::Kind::kRefused:
      return refuse(verdict.code, std::move(verdict.message));
    case TargetFeed::Verdict::Kind::kUnchanged:
      ++source->unchanged;
      ++result->unchanged;
      return;
    case TargetFeed::Verdict::Kind::kAccepted:
      break;
  }
  ++source->accepted;
  ++result->accepted;
  if (verdict.restarted) ++restarts_;
  if (!verdict.held.empty()) {
    ++held_values_;
    result->held.push_back({sample.row, sample.target, std::move(verdict.held)});
  }
  if (verdict.moves_plan) MoveLocked();
}

// Outside the lock: comparing names is slow.
void FeedTable::SuggestTargets(BatchResult* result) const {
  size_t left = kSuggestionsPerBatch;
  for (RowError& error : result->refused) {
    if (error.code != RowErrorCode::kUnknownTarget) continue;
    if (left-- == 0) return;
    error.message += UnknownTarget(error.target);
  }
}

std::string FeedTable::UnknownTarget(absl::string_view name) const {
  std::shared_ptr<const Policy> policy;
  {
    MutexLock lock(mu_);
    policy = policy_;
  }
  return DidYouMean(*policy, name);
}

void FeedTable::ProbeResult(absl::string_view target, size_t probe, absl::string_view vantage,
                            bool ok, absl::Time now) {
  MutexLock lock(mu_);
  auto it = targets_.find(target);
  if (it == targets_.end() || !it->second.in_policy) return;
  if (it->second.feed.ProbeResult(probe, vantage, ok, now)) MoveLocked();
}

absl::Status FeedTable::SetDrain(absl::string_view target, Drain drain) {
  {
    MutexLock lock(mu_);
    auto it = targets_.find(target);
    if (it != targets_.end() && it->second.in_policy) {
      it->second.feed.SetDrain(std::move(drain));
      MoveLocked();
      return absl::OkStatus();
    }
  }
  return absl::NotFoundError(absl::StrCat("no target \"", target, "\"", UnknownTarget(target)));
}

absl::Status FeedTable::ClearDrain(absl::string_view target) {
  {
    MutexLock lock(mu_);
    auto it = targets_.find(target);
    if (it != targets_.end()) {
      if (!it->second.feed.ClearDrain()) {
        return absl::NotFoundError(absl::StrCat("target \"", target, "\" is not drained"));
      }
      MoveLocked();
      return absl::OkStatus();
    }
  }
  return absl::NotFoundError(absl::StrCat("no target \"", target, "\"", UnknownTarget(target)));
}

Facts FeedTable::Snapshot(const Policy& policy, absl::Time now) const {
  MutexLock lock(mu_);
  return SnapshotLocked(policy, now);
}

Facts FeedTable::Snapshot(absl::Time now) const {
  MutexLock lock(mu_);
  return SnapshotLocked(*policy_, now);
}

Facts FeedTable::SnapshotLocked(const Policy& policy, absl::Time now) const {
  Facts facts;
  facts.now = now;
  facts.targets.resize(policy.targets.size());
  size_t reporting = 0, stale = 0;
  for (size_t i = 0; i < policy.targets.size(); ++i) {
    const Target& target = policy.targets[i];
    TargetFacts& one = facts.targets[i];
    one.capacity = target.capacity;
    auto it = targets_.find(target.name);
    if (it == targets_.end()) continue;
    it->second.feed.Fill(target, now, &one);
    if (one.feed != FeedState::kNone) ++reporting;
    if (one.feed == FeedState::kAgeing || one.feed == FeedState::kFrozen) ++stale;
  }
  facts.telemetry_frozen =
      stale >= 2 &&
      static_cast<double>(stale) > limits_.telemetry_frozen_share * static_cast<double>(reporting);
  return facts;
}

void FeedTable::MoveLocked() {
  generation_.fetch_add(1, std::memory_order_release);
  changed_.NotifyAll();
}

void FeedTable::Wake() {
  MutexLock lock(mu_);
  MoveLocked();
}

uint64_t FeedTable::WaitForChange(uint64_t seen, absl::Duration timeout) const {
  MutexLock lock(mu_);
  while (generation() == seen) {
    if (!changed_.WaitFor(mu_, timeout)) break;
  }
  return generation();
}

}  // namespace spillway
