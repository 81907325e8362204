#include <map>
#include <string>

#include "steering/feed/feed_table.h"

namespace spillway {

void FeedTable::WriteMetrics(absl::Time now, MetricsWriter* writer) const {
  MutexLock lock(mu_);
  std::map<absl::string_view, const Source*> sources;  // in a stable order
  for (const auto& [name, source] : sources_) sources.emplace(name, &source);
  writer->Family("spillway_feed_rows_total", "counter", "Rows of feeds by source and outcome.");
  for (const auto& [name, source] : sources) {
    writer->Sample({{"source", name}, {"outcome", "accepted"}},
                   static_cast<double>(source->accepted));
    writer->Sample({{"source", name}, {"outcome", "unchanged"}},
                   static_cast<double>(source->unchanged));
    writer->Sample({{"source", name}, {"outcome", "refused"}},
                   static_cast<double>(source->refused));
  }
  writer->Family("spillway_feed_rows_refused_total", "counter", "Refused rows by reason.");
  for (size_t i = 0; i < kRowErrorCount; ++i) {
    writer->Sample({{"reason", RowErrorName(static_cast<RowErrorCode>(i))}},
                   static_cast<double>(refused_rows_[i]));
  }
  writer->Family("spillway_feed_batches_refused_total", "counter",
                 "Batches refused as a whole, by reason.");
  for (size_t i = 1; i < kBatchErrorCount; ++i) {
    writer->Sample({{"reason", BatchErrorName(static_cast<BatchError>(i))}},
                   static_cast<double>(refused_batches_[i]));
  }
  writer->Family("spillway_feed_source_batches_refused_total", "counter",
                 "Batches refused as a whole, by source.");
  for (const auto& [name, source] : sources) {
    writer->Sample({{"source", name}}, static_cast<double>(source->refused_batches));
  }
  writer->Family("spillway_feed_rows_held_total", "counter",
                 "Rows with a suspect value that waits for a second sample.");
  writer->Sample(static_cast<double>(held_values_));
  writer->Family("spillway_feed_sequence_restarts_total", "counter",
                 "Sources that began to count anew.");
  writer->Sample(static_cast<double>(restarts_));
  WriteAges(now, writer);
}

void FeedTable::WriteAges(absl::Time now, MetricsWriter* writer) const {
  Facts facts = SnapshotLocked(*policy_, now);
  writer->Family("spillway_feed_age_seconds", "gauge",
                 "Age of each source's newest sample, by its own timestamp.");
  for (const Target& target : policy_->targets) {
    targets_.find(target.name)
        ->second.feed.VisitSources(now, [&](const std::string& source, absl::Duration age,
                                            FeedState) {
          writer->Sample({{"target", target.name}, {"source", source}}, absl::ToDoubleSeconds(age));
        });
  }
  size_t by_state[4] = {}, drains = 0;
  for (const TargetFacts& one : facts.targets) {
    ++by_state[static_cast<size_t>(one.feed)];
    drains += one.drain.has_value();
  }
  writer->Family("spillway_feed_targets", "gauge", "Targets by the state of their feed.");
  for (FeedState state :
       {FeedState::kNone, FeedState::kFresh, FeedState::kAgeing, FeedState::kFrozen}) {
    writer->Sample({{"state", FeedStateName(state)}},
                   static_cast<double>(by_state[static_cast<size_t>(state)]));
  }
  writer->Family("spillway_feed_probed_up", "gauge",
                 "1 up, 0 down by our probes; absent when not known.");
  for (size_t i = 0; i < facts.targets.size(); ++i) {
    if (facts.targets[i].probed == Health::kUnknown) continue;
    writer->Sample({{"target", policy_->targets[i].name}},
                   facts.targets[i].probed == Health::kUp ? 1 : 0);
  }
  writer->Family("spillway_feed_drains", "gauge", "Targets drained by operators.");
  writer->Sample(static_cast<double>(drains));
  writer->Family("spillway_feed_telemetry_frozen", "gauge",
                 "1 while so many feeds are stale that our own telemetry must be broken.");
  writer->Sample(facts.telemetry_frozen ? 1 : 0);
}

}  // namespace spillway
