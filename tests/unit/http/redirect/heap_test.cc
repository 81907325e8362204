// tests/unit/http/redirect/heap_test.cc -- a warm worker answers without the heap.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "base/snapshot.h"
#include "gtest/gtest.h"
#include "http/redirect/redirect_front.h"
#include "http/server/handler.h"
#include "http/server/session.h"
#include "steering/model/ids.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"
#include "tests/unit/http/redirect/plan_for_test.h"

namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

// Not inlined: GCC 12 would see malloc under new and free under delete, and warn of a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* block = std::malloc(size);
  if (block == nullptr) std::abort();
  return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, size_t) noexcept { std::free(block); }

namespace spillway::http {
namespace {

// Everything is capped; waiting.example lets joins in by draw, full.example nobody.
std::shared_ptr<const Plan> PlanThatHoldsBack() {
  Policy policy = PolicyForTest();
  for (const char* host : {"waiting.example", "full.example"}) {
    policy.services.push_back(policy.services[1]);
    policy.services.back().name = host;
    policy.services.back().hosts = {host};
    policy.services.back().waiting_room = true;
  }
  auto plan = std::make_shared<Plan>(*PlanForTest(std::move(policy), 1));
  for (size_t i = 0; i < plan->rows.size(); ++i) {
    const bool full = plan->frame->candidates->RowService(i) == ServiceId(3);
    plan->rows[i].ladder_step = 1;
    plan->rows[i].admit_permille = full ? 0 : 999;
  }
  return plan;
}

TEST(RedirectHeap, IsNotTouchedByAWarmWorker) {
  SnapshotCell<Plan> plans;
  plans.Publish(PlanThatHoldsBack());
  RedirectFront front({.trusted_proxies = {*IpPrefix::Parse("10.0.0.0/8")}}, plans, 1);
  std::unique_ptr<Handler> handler = front.factory()(0);
  SessionCounters counters;
  SessionContext context;
  context.handler = handler.get();
  context.counters = &counters;
  context.date = "Sun, 22 Nov 2026 18:00:00 GMT";
  const IpAddress peer = *IpAddress::Parse("10.0.0.1");
  struct {
    const char *what, *request;
  } rows[] = {
      {"a redirect",
       "GET /a/rather/long/path/that/fits/no/small/buffer?q=1 HTTP/1.1\r\nHost: all.example\r\n"
       "User-Agent: x\r\nX-Forwarded-For: 192.0.2.1\r\nAccept: */*\r\n\r\n"},
      {"JSON", "GET /a HTTP/1.1\r\nHost: all.example\r\nAccept: application/json\r\n\r\n"},
      {"a manifest",
       "GET /steer/fight?session=0123456789abcdef&_HLS_pathway=fra1&_HLS_throughput=5000000 "
       "HTTP/1.1\r\n"
       "Host: all.example\r\n\r\n"},
      {"a join", "GET /a HTTP/1.1\r\nHost: waiting.example\r\n\r\n"},
      {"a join that waits", "GET /a HTTP/1.1\r\nHost: full.example\r\n\r\n"},
      {"one that waits and wants JSON",
       "GET /a HTTP/1.1\r\nHost: full.example\r\nAccept: application/json\r\n\r\n"},
      {"no such service", "GET /steer/unknown HTTP/1.1\r\nHost: all.example\r\n\r\n"},
      {"a refusal", "GET /a HTTP/1.1\r\n\r\n"},
  };
  for (const auto& row : rows) {
    std::string out;
    auto ask = [&] {
      out.clear();
      size_t consumed;
      Session session;
      session.Consume(row.request, peer, context, &out, &consumed);
    };
    for (int i = 0; i < 3; ++i) ask();
    const uint64_t before = allocations.load();
    for (int i = 0; i < 100; ++i) ask();
    EXPECT_EQ(allocations.load() - before, 0u) << row.what;
  }
}

}  // namespace
}  // namespace spillway::http
