// tests/bench/http_redirect_bench.cc -- what one answer costs without the kernel.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "base/snapshot.h"
#include "benchmark/benchmark.h"
#include "http/redirect/redirect_front.h"
#include "http/server/handler.h"
#include "http/server/session.h"
#include "steering/plan/plan.h"
#include "tests/unit/http/redirect/plan_for_test.h"

namespace spillway::http {
namespace {

constexpr absl::string_view kRedirect =
    "GET /live/a/segment-1.m4s HTTP/1.1\r\nHost: all.example\r\n\r\n";
constexpr absl::string_view kByPattern =
    "GET /live/a/segment-1.m4s HTTP/1.1\r\nHost: live.example\r\n\r\n";
constexpr absl::string_view kForwarded =
    "GET /live/a/segment-1.m4s HTTP/1.1\r\nHost: all.example\r\nX-Forwarded-For: "
    "198.51.100.1\r\n\r\n";
constexpr absl::string_view kJson =
    "GET /live/a/segment-1.m4s HTTP/1.1\r\nHost: all.example\r\nAccept: application/json\r\n\r\n";
constexpr absl::string_view kManifest =
    "GET /steer/fight?_HLS_pathway=fra1&_HLS_throughput=5000000 HTTP/1.1\r\nHost: "
    "all.example\r\n\r\n";

void BM_Answer(benchmark::State& state, absl::string_view request) {
  SnapshotCell<Plan> plans;
  plans.Publish(PlanForTest(PolicyForTest(), 1));
  RedirectFront front({.trusted_proxies = {*IpPrefix::Parse("10.0.0.0/8")}}, plans, 1);
  std::unique_ptr<Handler> handler = front.factory()(0);
  SessionCounters counters;
  SessionContext context;
  context.handler = handler.get();
  context.counters = &counters;
  context.date = "Sun, 22 Nov 2026 18:00:00 GMT";
  const IpAddress peer = *IpAddress::Parse("10.0.0.1");
  Session session;
  std::string out;
  for (auto _ : state) {
    out.clear();
    size_t consumed;
    session.Consume(request, peer, context, &out, &consumed);
    benchmark::DoNotOptimize(out.data());
  }
  if (counters.answered[2].Get() + counters.answered[3].Get() == 0)
    state.SkipWithError("no answer");
}
BENCHMARK_CAPTURE(BM_Answer, redirect, kRedirect);
BENCHMARK_CAPTURE(BM_Answer, redirect_by_path_pattern, kByPattern);
BENCHMARK_CAPTURE(BM_Answer, redirect_behind_proxy, kForwarded);
BENCHMARK_CAPTURE(BM_Answer, json, kJson);
BENCHMARK_CAPTURE(BM_Answer, manifest, kManifest);

}  // namespace
}  // namespace spillway::http
