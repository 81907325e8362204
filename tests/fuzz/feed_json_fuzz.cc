// tests/fuzz/feed_json_fuzz.cc -- any bytes: every row is accepted or refused, what is accepted
// keeps the contract of sample.h, and simdjson and the scanner that explains agree on what is
// broken.
#include <cmath>
#include <cstdint>
#include <memory>

#include "base/check.h"
#include "steering/feed/batch_parser.h"
#include "steering/feed/feed_table.h"
#include "steering/feed/json_error.h"

using namespace spillway;

namespace {

void CheckSample(const Sample& sample) {
  CHECK(!sample.target.empty() && sample.target.size() <= kTargetNameSizeMax);
  CHECK(sample.ttl >= kTtlMin && sample.ttl <= kTtlMax);
  bool says = sample.health != Health::kUnknown;
  for (Resource r : kResources) {
    for (const ResourceVector* v : {&sample.current, &sample.soft, &sample.hard}) {
      says |= v->has(r);
      CHECK(!v->has(r) || std::isfinite((*v)[r]));
    }
    CHECK(!sample.soft.has(r) || !sample.hard.has(r) || sample.soft[r] <= sample.hard[r]);
  }
  CHECK(says);
}

std::shared_ptr<const Policy> OneTarget() {
  auto policy = std::make_shared<Policy>();
  policy->targets.emplace_back();
  policy->targets.back().name = "fra1";
  return policy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view json(reinterpret_cast<const char*>(data), size);
  ParsedBatch parsed = ParseSampleBatch(json);
  if (!parsed.ok()) {
    CHECK(!parsed.message.empty() && parsed.batch.row_count() == 0);
    bool broken = parsed.error == BatchError::kBadJson || parsed.error == BatchError::kTooDeep;
    CHECK(!broken || FindJsonError(json, kBatchDepthMax).has_value());
    return 0;
  }
  CHECK(!FindJsonError(json, kBatchDepthMax).has_value());
  for (const Sample& sample : parsed.batch.samples) CheckSample(sample);
  for (const RowError& error : parsed.batch.refused) CHECK(!error.message.empty());

  FeedTable table(OneTarget());
  absl::Time now = absl::FromUnixSeconds(1'798'221'600);
  BatchResult result = table.Accept("fuzz", parsed.batch, now);
  CHECK(result.accepted + result.unchanged + result.refused.size() == parsed.batch.row_count());
  Facts facts = table.Snapshot(now);
  for (Resource r : kResources) {
    CHECK(!facts.targets[0].load.has(r) || std::isfinite(facts.targets[0].load[r]));
  }
  return 0;
}
