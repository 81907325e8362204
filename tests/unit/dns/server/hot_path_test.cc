// What the hot path must not do, whatever the question: take memory. (Names that only a pattern of
// the policy matches are left out: RE2::Set takes and gives back some at each of them.)
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dns/server/engine.h"
#include "steering/resolvers/answer_log.h"
#include "tests/unit/dns/dns_testing.h"
#include "tests/unit/dns/steering_testing.h"

namespace {

std::atomic<uint64_t> allocations{0};

void* Allocate(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* block = std::malloc(size > 0 ? size : 1); block != nullptr) return block;
  throw std::bad_alloc();
}

}  // namespace

// The last two come down to the others by themselves, unless a sanitizer has its own.
void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }
void operator delete[](void* block, size_t) noexcept { std::free(block); }

namespace spillway::dns {
namespace {

std::vector<Octets> Questions() {
  std::vector<Question> questions = {
      {.name = "live.example"},
      {.name = "live.example", .edns = true},
      {.name = "live.example", .type = RrType::kAaaa, .edns = true},
      {.name = "alias.example", .edns = true},
      {.name = "tocdn.example", .edns = true},
      {.name = "ns1.example"},
      {.name = "example", .type = RrType::kMx, .edns = true},
      {.name = "nobody.example", .edns = true},
      {.name = "live.example", .type = RrType::kTxt},
      {.name = "elsewhere.net", .edns = true},
      {.name = "live.example", .options_hex = "000a 0008 0102030405060708"},
      {.name = "live.example", .options_hex = "0008 0004 00030000"},
  };
  for (int i = 0; i < 200; ++i) {
    questions.push_back({.name = "live.example", .subnet = absl::StrCat("198.51.", i, ".0/24")});
    questions.push_back({.name = "live.example",
                         .type = RrType::kAaaa,
                         .subnet = absl::StrCat("2001:db8:", i, "::/48")});
  }
  std::vector<Octets> encoded;
  for (const Question& question : questions) encoded.push_back(question.Encode());
  return encoded;
}

TEST(HotPath, TakesNoMemory) {
  const ZoneSet zones = MakeSteeredZones();
  const std::shared_ptr<const Plan> plan = MakePlan(MakePolicy());
  const CookieSecrets secrets;
  DnsCounters counters;
  AnswerLog log;
  EngineOptions options;
  options.books.log = &log;
  options.rate.per_second = 1000;
  Engine engine(options, &counters);
  const EngineView view{.zones = &zones, .plan = plan.get(), .cookies = &secrets};
  const std::vector<Octets> questions = Questions();
  const IpAddress peer = *IpAddress::Parse("203.0.113.1");
  Octets out(kTcpSizeMax);
  auto ask_all = [&] {
    for (const Octets& question : questions) {
      for (const Transport transport : {Transport::kUdp, Transport::kTcp})
        engine.Answer(view, question, peer, transport, absl::MakeSpan(out));
    }
    log.Commit(absl::UnixEpoch());
  };
  ask_all();
  const uint64_t before = allocations.load();
  for (int i = 0; i < 25; ++i) ask_all();
  EXPECT_EQ(allocations.load() - before, 0u);
  EXPECT_GT(counters.steered.Get(), 10'000u);
  EXPECT_GT(counters.outcome(Outcome::kNxDomain).Get(), 0u);
}

TEST(HotPath, TheCountOfAllocationsCounts) {
  const uint64_t before = allocations.load();
  delete new int(1);
  EXPECT_GE(allocations.load() - before, 1u);
}

}  // namespace
}  // namespace spillway::dns
