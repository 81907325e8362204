// tests/unit/http/redirect/overload_front_test.cc -- plans that hold back, as clients meet them.
//
// The plans are the planner's with rows changed by hand: what the front does with them is tested here,
// when the planner holds back is not.
#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/redirect/redirect_front.h"
#include "http/server/handler.h"
#include "http/server/server.h"
#include "http/server/session.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"
#include "tests/unit/http/redirect/plan_for_test.h"

namespace spillway::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kJson[] = "Accept: application/json\r\n";

// "fight" with a waiting room and 5 Mbps; "all-paths" without one.
Policy PolicyWithWaitingRoom() {
  Policy policy = PolicyForTest();
  policy.services[0].waiting_room = true;
  return policy;
}

using ChangeRow = std::function<void(PlanRow*)>;
std::shared_ptr<const Plan> HoldBack(const Plan& plan, absl::Time made_at,
                                     const ChangeRow& change) {
  auto copy = std::make_shared<Plan>(plan);
  copy->made_at = made_at;
  for (PlanRow& row : copy->rows) change(&row);
  return copy;
}

class OverloadFrontTest : public testing::Test {
 protected:
  OverloadFrontTest() : front_({}, plans_, 2), handlers_{front_.factory()(0), front_.factory()(1)} {
    context_.counters = &counters_;
    context_.date = "D";
    Publish([](PlanRow*) {});
  }

  void Publish(const ChangeRow& change) { plans_.Publish(HoldBack(*calm_, now_, change)); }
  void Admit(uint16_t joins, uint16_t retries, uint16_t retry_after_s = 0) {
    Publish([=](PlanRow* row) {
      row->admit_permille = joins;
      row->retry_admit_permille = retries;
      row->retry_after_s = retry_after_s;
    });
  }
  std::string Get(absl::string_view target, uint32_t client = 1,
                  absl::string_view host = "live.example", absl::string_view headers = "",
                  size_t worker = 0) {
    const std::string request =
        absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: ", host, "\r\n", headers, "\r\n");
    context_.handler = handlers_[worker].get();
    std::string out;
    size_t consumed;
    Session session;
    session.Consume(request, IpAddress::V4(0x0a000000 + client), context_, &out, &consumed);
    return out;
  }
  uint64_t Grants(Front front) {
    uint64_t sum = 0;
    const Frame& frame = *calm_->frame;
    for (size_t i = 0; i < frame.candidates->slot_count(); ++i)
      sum += frame.grants->Sum(front, static_cast<uint32_t>(i));
    return sum;
  }

  uint64_t PutOff() const {
    uint64_t sum = 0;
    const Frame& frame = *calm_->frame;
    for (size_t row = 0; row < frame.candidates->row_count(); ++row)
      sum += frame.grants->SumPutOff(static_cast<uint32_t>(row));
    return sum;
  }

  const std::shared_ptr<const Plan> calm_ = PlanForTest(PolicyWithWaitingRoom(), 2);
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  SnapshotCell<Plan> plans_;
  RedirectFront front_;
  std::unique_ptr<Handler> handlers_[2];
  SessionCounters counters_;
  SessionContext context_;
};

TEST_F(OverloadFrontTest, TellsEveryPlayerTheCapInForce) {
  Publish([](PlanRow* row) { row->ladder_step = 2; });
  constexpr char kCap[] = "\r\nCMSD-Dynamic: \"spillway\";mb=2750\r\n";
  EXPECT_THAT(Get("/live/x"), HasSubstr(kCap));
  EXPECT_THAT(Get("/x", 1, "all.example"), HasSubstr(kCap));
  const std::string json = Get("/live/x", 1, "live.example", kJson);
  EXPECT_THAT(json, HasSubstr(kCap));
  EXPECT_THAT(json, EndsWith(",\"max_kbps\":2750}"));
  EXPECT_THAT(Get("/steer/fight"), HasSubstr(kCap));
  EXPECT_EQ(front_.CountCapped(), 4u);
}

TEST_F(OverloadFrontTest, SaysNothingOfCapsWhileThereIsNone) {
  for (const char* path : {"/live/x", "/steer/fight"})
    EXPECT_THAT(Get(path), Not(HasSubstr("CMSD"))) << path;
  EXPECT_THAT(Get("/live/x", 1, "live.example", kJson), Not(HasSubstr("max_kbps")));
  EXPECT_EQ(front_.CountCapped(), 0u);
}

TEST_F(OverloadFrontTest, AsksNewJoinsToComeBackLater) {
  Admit(0, 0, 60);
  const std::string answer = Get("/live/x");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Location")));
  uint32_t seconds = 0;
  const std::string after = answer.substr(answer.find("Retry-After: ") + 13);
  ASSERT_TRUE(absl::SimpleAtoi(after.substr(0, after.find('\r')), &seconds));
  EXPECT_GE(seconds, 48u);
  EXPECT_LE(seconds, 72u);
  EXPECT_THAT(Get("/live/x", 1, "live.example", kJson),
              EndsWith(absl::StrCat("\r\n\r\n{\"error\":\"waiting room\",\"service\":\"fight\","
                                    "\"retry_after\":",
                                    seconds, "}")));
}

TEST_F(OverloadFrontTest, NeverRefusesASteeringRequest) {
  Admit(0, 0, 60);
  for (uint32_t client = 0; client < 1000; ++client)
    ASSERT_THAT(Get("/steer/fight", client), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(OverloadFrontTest, HasNoWaitingRoomWhereThePolicyHasNone) {
  Admit(0, 0, 60);
  EXPECT_THAT(Get("/x", 1, "all.example"), StartsWith("HTTP/1.1 302 "));
}

TEST_F(OverloadFrontTest, LetsTheShareOfThePlanIn) {
  Admit(300, 0, 60);
  int in = 0;
  for (uint32_t client = 0; client < 10'000; ++client)
    in += absl::StartsWith(Get("/live/x", client), "HTTP/1.1 302 ");
  EXPECT_NEAR(in, 3000, 4 * 46);
}

TEST_F(OverloadFrontTest, KnowsARetryAtAnyWorkerAndDrawsItApart) {
  EXPECT_THAT(Get("/live/x?session=1"), StartsWith("HTTP/1.1 302 "));
  now_ += absl::Minutes(9);
  Admit(0, 1000);
  EXPECT_THAT(Get("/live/x?session=2", 1, "live.example", "", 1), StartsWith("HTTP/1.1 302 "));
  EXPECT_THAT(Get("/live/y"), StartsWith("HTTP/1.1 503 ")) << "another path";
  EXPECT_THAT(Get("/live/x", 2), StartsWith("HTTP/1.1 503 ")) << "another client";
  now_ += absl::Minutes(9);  // of the retry: it was let in anew
  Admit(1000, 0);
  EXPECT_THAT(Get("/live/x"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get("/live/x", 3), StartsWith("HTTP/1.1 302 "));
}

TEST_F(OverloadFrontTest, TakesAClientForANewOneAfterTenMinutes) {
  Get("/live/x");
  now_ += absl::Minutes(10) + absl::Seconds(1);
  Admit(0, 1000);
  EXPECT_THAT(Get("/live/x"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(OverloadFrontTest, DoesNotTakeOneWhoWaitsForARetry) {
  Admit(0, 1000);
  EXPECT_THAT(Get("/live/x"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get("/live/x"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(OverloadFrontTest, CountsEveryJoinOnceAndGrantsOnlyThoseLetIn) {
  for (uint32_t client = 0; client < 100; ++client) Get("/live/x", client);
  Publish([](PlanRow* row) {
    row->admit_permille = 500;
    row->retry_admit_permille = 800;
    row->ladder_step = 1;
  });
  for (uint32_t client = 0; client < 1000; ++client)
    Get("/live/x", client, "live.example", client % 3 == 0 ? kJson : "", client % 2);
  for (uint32_t client = 0; client < 50; ++client) Get("/steer/fight", client);
  Get("/nowhere");

  uint64_t requests = 0;
  for (size_t i = 0; i < kRedirectOutcomeCount; ++i)
    requests += front_.Count(static_cast<RedirectOutcome>(i));
  EXPECT_EQ(requests, 100u + 1000 + 50 + 1);
  const uint64_t answers =
      front_.Count(RedirectOutcome::kRedirect) + front_.Count(RedirectOutcome::kJson);
  const uint64_t waiting = front_.Count(RedirectOutcome::kWaiting);
  EXPECT_EQ(answers + waiting, 1100u);
  EXPECT_EQ(front_.Count(JoinOutcome::kNewWaiting) + front_.Count(JoinOutcome::kRetryWaiting),
            waiting);
  EXPECT_EQ(front_.Count(JoinOutcome::kNewAdmitted) + front_.Count(JoinOutcome::kRetryAdmitted),
            answers);
  EXPECT_EQ(front_.Count(JoinOutcome::kRetryAdmitted) + front_.Count(JoinOutcome::kRetryWaiting),
            100u);
  EXPECT_GT(front_.Count(JoinOutcome::kRetryWaiting), 0u);
  EXPECT_GT(front_.Count(JoinOutcome::kNewWaiting), 300u);
  EXPECT_EQ(front_.CountCapped(), answers - 100 + 50);
  EXPECT_EQ(Grants(Front::kRedirect), answers);
  EXPECT_EQ(PutOff(), waiting);
  EXPECT_EQ(Grants(Front::kSteering), 50u);

  MetricsWriter writer;
  front_.AppendMetrics(&writer);
  EXPECT_THAT(
      writer.text(),
      HasSubstr(absl::StrCat("spillway_redirect_answers_total{outcome=\"waiting\"} ", waiting)));
  EXPECT_THAT(
      writer.text(),
      HasSubstr(absl::StrCat("spillway_redirect_joins_total{kind=\"retry\",outcome=\"waiting\"} ",
                             front_.Count(JoinOutcome::kRetryWaiting), "\n")));
  EXPECT_THAT(writer.text(), HasSubstr(absl::StrCat("spillway_redirect_capped_total ",
                                                    front_.CountCapped(), "\n")));
}

size_t AppendTo(char* data, size_t size, size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

// Head and body as curl gets them, and the status and Retry-After as it understands them.
struct CurlAnswer {
  std::string text;
  long status = 0;
  curl_off_t retry_after_s = 0;
};
CurlAnswer Curl(const std::string& url) {
  CurlAnswer answer;
  std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist* headers = curl_slist_append(nullptr, "Host: live.example");
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl.get(), CURLOPT_HEADER, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, AppendTo);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.text);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
  EXPECT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  curl_easy_getinfo(curl.get(), CURLINFO_RETRY_AFTER, &answer.retry_after_s);
  curl_slist_free_all(headers);
  return answer;
}

// Through real sockets: a viewer who was in comes back at once, a new one waits, who plays is steered.
TEST(OverloadServer, MakesCurlWaitSteersItAndLetsItBackIn) {
  const std::shared_ptr<const Plan> calm = PlanForTest(PolicyWithWaitingRoom(), 2);
  SnapshotCell<Plan> plans;
  plans.Publish(calm);
  RedirectFront front({}, plans, 2);
  absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Create(
      {.name = "redirect", .endpoints = {*Endpoint::Parse("127.0.0.1:0")}, .workers = 2},
      front.factory(), Clock::Real());
  ASSERT_TRUE(server.ok()) << server.status();
  (*server)->Start();
  const std::string url = absl::StrCat("http://", (*server)->endpoints()[0].ToString());
  EXPECT_EQ(Curl(url + "/live/seen").status, 302);
  plans.Publish(HoldBack(*calm, calm->made_at + absl::Seconds(30), [](PlanRow* row) {
    row->ladder_step = 3;
    row->admit_permille = 0;
    row->retry_after_s = 100;
  }));
  const CurlAnswer waits = Curl(url + "/live/new");
  EXPECT_EQ(waits.status, 503);
  EXPECT_GE(waits.retry_after_s, 80);
  EXPECT_LE(waits.retry_after_s, 120);
  for (int i = 0; i < 8; ++i) {  // connections of either worker
    const CurlAnswer back = Curl(url + "/live/seen?again");
    EXPECT_EQ(back.status, 302);
    EXPECT_THAT(back.text, HasSubstr("CMSD-Dynamic: \"spillway\";mb=2000\r\n"));
    EXPECT_EQ(Curl(url + "/steer/fight").status, 200);
  }
  plans.Publish(calm);
  EXPECT_EQ(Curl(url + "/live/new").status, 302);
}

}  // namespace
}  // namespace spillway::http
