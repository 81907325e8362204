// steering/feed/batch_parser.h -- the JSON batch of samples that pushes and files carry.
//
//   {"source": "fra1-agent",
//    "samples": [{"target": "fra1", "measured_at": "2026-12-25T18:00:00.5Z", "sequence": 17,
//                 "ttl": "10s", "health": "up",
//                 "resources": {"egress": {"current": 312.5, "hard": 400, "unit": "Gbps"}}}]}
//
// Broken JSON or a broken envelope refuses the batch; a broken row refuses that row and says why.
// Strict: unknown keys, repeated keys, wrong types, negative numbers and missing units are errors,
// because a silently ignored "hrad" would leave a cluster without its limit on the worst evening.
//
// why: simdjson's DOM, not its on-demand parser, which accepts texts it has not read to the end.
// references: docs/FEEDS.md is the contract that senders read.
// limits: kBatchSizeMax, kBatchRowsMax, kBatchDepthMax. Cost O(size), about 1 us per row.
#ifndef SPILLWAY_STEERING_FEED_BATCH_PARSER_H_
#define SPILLWAY_STEERING_FEED_BATCH_PARSER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "steering/feed/sample.h"

namespace spillway {

inline constexpr size_t kBatchSizeMax = 1 << 20;  // 10,000 rows of 100 bytes
inline constexpr size_t kBatchRowsMax = 10'000;   // twice the largest fleet we have heard of
inline constexpr int kBatchDepthMax = 16;         // the form needs 5

struct ParsedBatch {
  BatchError error = BatchError::kNone;
  std::string message;  // when refused: `line:col: what`, or what
  SampleBatch batch;    // empty when refused
  bool ok() const { return error == BatchError::kNone; }
};

ParsedBatch ParseSampleBatch(absl::string_view json);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FEED_BATCH_PARSER_H_
