#include "steering/resolvers/resolver_watch.h"

#include <algorithm>
#include <numeric>

namespace spillway {

ResolverWatch::ResolverWatch(size_t dns_workers, ResolverTableOptions options)
    : logs_(dns_workers), table_(options) {}

void ResolverWatch::Drain(absl::Time now, const Frame& frame) {
  // Before the new rows: what waits was written under the old plans, most of it.
  TakeInOrder();
  uint64_t dropped = 0;
  for (const AnswerLog& log : logs_) dropped += log.dropped();
  if (dropped != dropped_) table_.NotesLost(WrappedMillis(now));
  dropped_ = dropped;
  table_.Bind(frame);
  if (now < swept_at_) swept_at_ = absl::InfinitePast();  // the wall clock was set back
  if (now - swept_at_ < kSweepEvery) return;
  swept_at_ = now;
  table_.Sweep(WrappedMillis(now));
  ShareHeavy();
  Shown shown;
  shown.counts = table_.counts();
  shown.heavy = heavy_ == nullptr ? 0 : heavy_->size();
  shown.memory_bytes = table_.memory_bytes() + logs_.size() * AnswerLog::kSize * sizeof(AnswerNote);
  shown.arrivals = std::accumulate(arrivals().begin(), arrivals().end(), 0.0);
  MutexLock lock(shown_mu_);
  shown_ = shown;
}

// One resolver's questions go to several workers; what counts is the time between them.
void ResolverWatch::TakeInOrder() {
  for (AnswerLog& log : logs_) log.Open();
  for (;;) {
    AnswerLog* oldest = nullptr;
    for (AnswerLog& log : logs_) {
      if (log.Front() == nullptr) continue;
      if (oldest == nullptr ||
          static_cast<int32_t>(log.Front()->at_ms - oldest->Front()->at_ms) < 0) {
        oldest = &log;
      }
    }
    if (oldest == nullptr) break;
    table_.Take(*oldest->Front());
    oldest->Pop();
  }
  for (AnswerLog& log : logs_) log.Close();
}

void ResolverWatch::ShareHeavy() {
  scratch_.assign(table_.heavy().begin(), table_.heavy().end());
  std::sort(scratch_.begin(), scratch_.end());
  scratch_.erase(std::unique(scratch_.begin(), scratch_.end()), scratch_.end());
  if (scratch_ == heavy_members_) return;
  heavy_members_ = scratch_;
  heavy_ = heavy_members_.empty() ? nullptr : std::make_shared<const HeavySet>(heavy_members_);
}

void ResolverWatch::WriteMetrics(MetricsWriter* out) const {
  Shown shown;
  {
    MutexLock lock(shown_mu_);
    shown = shown_;
  }
  uint64_t dropped = 0;
  for (const AnswerLog& log : logs_) dropped += log.dropped();
  const struct {
    const char* name;
    const char* type;
    const char* help;
    double value;
  } kFamilies[] = {
      {"spillway_resolvers_entries", "gauge", "Resolvers and prefixes followed, by row.",
       static_cast<double>(shown.counts.entries)},
      {"spillway_resolvers_heavy", "gauge", "Resolvers without ECS whose answers take turns.",
       static_cast<double>(shown.heavy)},
      {"spillway_resolvers_memory_bytes", "gauge", "Tables and logs, whatever is asked.",
       static_cast<double>(shown.memory_bytes)},
      {"spillway_resolvers_arrivals_sessions_per_second", "gauge",
       "Sessions that begin behind cached answers, as learned from when resolvers ask.",
       shown.arrivals},
      {"spillway_resolvers_admitted_total", "counter", "Resolvers and prefixes given an entry.",
       static_cast<double>(shown.counts.admitted)},
      {"spillway_resolvers_evicted_total", "counter", "Entries that lost their place to another.",
       static_cast<double>(shown.counts.evicted)},
      {"spillway_resolvers_turned_away_total", "counter",
       "Answers to askers seen before for which there was no place.",
       static_cast<double>(shown.counts.turned_away)},
      {"spillway_resolvers_foreign_notes_total", "counter",
       "Answers given by a plan of another configuration, not learned from.",
       static_cast<double>(shown.counts.foreign)},
      {"spillway_resolvers_dropped_notes_total", "counter",
       "Answers not learned from because a worker's log was full.", static_cast<double>(dropped)},
  };
  for (const auto& family : kFamilies) {
    out->Family(family.name, family.type, family.help);
    out->Sample(family.value);
  }
}

}  // namespace spillway
