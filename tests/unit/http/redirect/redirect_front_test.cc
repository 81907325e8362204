#include "http/redirect/redirect_front.h"

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/server/handler.h"
#include "http/server/server.h"
#include "http/server/session.h"
#include "steering/model/facts.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"
#include "tests/unit/http/redirect/plan_for_test.h"

namespace spillway::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kFrankfurt[] = "192.0.2.1";
constexpr char kNewYork[] = "198.51.100.1";

// The front behind one session, without sockets.
class RedirectFrontTest : public testing::Test {
 protected:
  RedirectFrontTest()
      : front_({.trusted_proxies = {*IpPrefix::Parse("10.0.0.0/8")}}, plans_, 2),
        handler_(front_.factory()(1)) {
    context_.handler = handler_.get();
    context_.counters = &counters_;
    context_.date = "D";
    plans_.Publish(PlanForTest(PolicyForTest(), 2));
  }

  std::string Ask(absl::string_view request, const char* peer) {
    std::string out;
    size_t consumed;
    Session session;
    session.Consume(request, *IpAddress::Parse(peer), context_, &out, &consumed);
    return out;
  }
  std::string Get(absl::string_view target, const char* peer = kFrankfurt,
                  absl::string_view host = "live.example", absl::string_view headers = "") {
    return Ask(absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: ", host, "\r\n", headers, "\r\n"),
               peer);
  }
  uint64_t Grants(Front front) {
    uint64_t sum = 0;
    const Frame& frame = *plans_.Current()->frame;
    for (size_t i = 0; i < frame.candidates->slot_count(); ++i) {
      sum += frame.grants->Sum(front, static_cast<uint32_t>(i));
    }
    return sum;
  }

  SnapshotCell<Plan> plans_;
  RedirectFront front_;
  std::unique_ptr<Handler> handler_;
  SessionCounters counters_;
  SessionContext context_;
};

TEST_F(RedirectFrontTest, SendsEachClientToItsTarget) {
  EXPECT_THAT(Get("/live/a%2Fb?t=%41"),
              HasSubstr("\r\nLocation: https://fra1.example:8443/live/a%2Fb?t=%41\r\n"));
  EXPECT_THAT(Get("/live/x", kNewYork),
              HasSubstr("\r\nLocation: http://[2001:db8::10]/live/x\r\n"));
}

TEST_F(RedirectFrontTest, TakesTheServiceOfAnAbsoluteTargetButNotItsAuthority) {
  EXPECT_THAT(Get("http://LIVE.example:81/live/x", kFrankfurt, "other.example"),
              HasSubstr("\r\nLocation: https://fra1.example:8443/live/x\r\n"));
  EXPECT_THAT(Get("http://evil.example/live/x"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(RedirectFrontTest, NeverLetsTheTargetChooseTheAuthority) {
  for (const char* target :
       {"//evil", "/\\evil", "/@evil", "///evil.example/..", "/http://evil/"}) {
    EXPECT_THAT(Get(target, kFrankfurt, "all.example"),
                HasSubstr(absl::StrCat("\r\nLocation: https://fra1.example:8443", target, "\r\n")));
  }
}

TEST_F(RedirectFrontTest, FallsBackToTheCnameOfATargetWithoutHostAndAddress) {
  plans_.Publish(PlanForTest(PolicyForTest(), 2, [](Facts* facts) {
    facts->targets[0].probed = facts->targets[1].probed = Health::kDown;
  }));
  EXPECT_THAT(Get("/live/x"), HasSubstr("\r\nLocation: https://live.cdn-a.example/live/x\r\n"));
}

TEST_F(RedirectFrontTest, KnowsTheClientBehindATrustedProxyOnly) {
  const char* headers = "X-Forwarded-For: 198.51.100.1\r\n";
  EXPECT_THAT(Get("/live/x", "10.1.1.1", "live.example", headers),
              HasSubstr("Location: http://[2001:db8::10]/"));
  EXPECT_THAT(Get("/live/x", kFrankfurt, "live.example", headers),
              HasSubstr("Location: https://fra1.example:8443/"));
}

TEST_F(RedirectFrontTest, AnswersJsonOnRequest) {
  std::string answer = Get("/live/x", kNewYork, "live.example", "Accept: application/json\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer,
              HasSubstr("{\"location\":\"http://[2001:db8::10]/live/x\",\"service\":\"fight\","
                        "\"target\":\"nyc1\",\"ttl\":"));
}

TEST_F(RedirectFrontTest, AnswersHeadLikeGetWithoutBody) {
  std::string answer = Ask("HEAD /live/x HTTP/1.1\r\nHost: live.example\r\n\r\n", kFrankfurt);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 302 Found\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 13\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(RedirectFrontTest, RefusesOtherMethodsAndNeverRedirectsConnect) {
  for (const char* line :
       {"POST /live/x", "DELETE /live/x", "TRACE /live/x", "OPTIONS /live/x", "OPTIONS *",
        "get /live/x", "BREW /live/x", "CONNECT live.example:443"}) {
    std::string answer =
        Ask(absl::StrCat(line, " HTTP/1.1\r\nHost: live.example\r\n\r\n"), kFrankfurt);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << line;
    EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n")) << line;
    EXPECT_THAT(answer, Not(HasSubstr("Location"))) << line;
  }
}

TEST_F(RedirectFrontTest, SaysNotFoundForAnUnknownHostPathOrSteeringName) {
  EXPECT_THAT(Get("/live/x", kFrankfurt, "unknown.example"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/vod/x"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/steer/unknown"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/steer/"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(RedirectFrontTest, SteersPlayersOnAnyHost) {
  std::string answer = Get("/steer/fight?s=1&_HLS_pathway=\"fra1\"", kNewYork, "anything.example");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("{\"VERSION\":1,\"TTL\":"));
  EXPECT_THAT(answer, EndsWith("\"RELOAD-URI\":\"/steer/"
                               "fight?s=1\",\"PATHWAY-PRIORITY\":[\"nyc1\",\"fra1\",\"cdn.a\"]}"));
}

TEST_F(RedirectFrontTest, FollowsTheNewestPlanAndPolicy) {
  EXPECT_THAT(Get("/live/x"), HasSubstr("Location: https://fra1.example:8443/"));
  Policy policy = PolicyForTest();
  policy.targets[0].host = "moved.example";
  plans_.Publish(PlanForTest(std::move(policy), 2));
  EXPECT_THAT(Get("/live/x"), HasSubstr("Location: https://moved.example/"));
}

TEST_F(RedirectFrontTest, AnswersUnavailableUntilThereIsAPlan) {
  SnapshotCell<Plan> none;
  RedirectFront front({}, none, 1);
  std::unique_ptr<Handler> handler = front.factory()(0);
  context_.handler = handler.get();
  EXPECT_THAT(Get("/live/x"), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(front.Count(RedirectOutcome::kNoPlan), 1u);
}

TEST_F(RedirectFrontTest, CountsOneOutcomePerRequestAndOneGrantPerAnswer) {
  Get("/live/1");
  Get("/live/2", kNewYork);
  Get("/live/3", kNewYork, "live.example", "Accept: application/json\r\n");
  Get("/steer/fight");
  Get("/nowhere");
  Ask("POST / HTTP/1.1\r\nHost: live.example\r\n\r\n", kFrankfurt);
  EXPECT_EQ(Grants(Front::kRedirect), 3u);
  EXPECT_EQ(Grants(Front::kSteering), 1u);
  uint64_t sum = 0;
  for (size_t i = 0; i < kRedirectOutcomeCount; ++i)
    sum += front_.Count(static_cast<RedirectOutcome>(i));
  EXPECT_EQ(sum, 6u);
  MetricsWriter writer;
  front_.AppendMetrics(&writer);
  EXPECT_THAT(writer.text(),
              HasSubstr("spillway_redirect_answers_total{outcome=\"redirect\"} 2\n"));
}

size_t AppendTo(char* data, size_t size, size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

// Through curl and real sockets: its peer, loopback, is the trusted proxy.
TEST(RedirectServer, RedirectsCurlByForwardedClient) {
  SnapshotCell<Plan> plans;
  plans.Publish(PlanForTest(PolicyForTest(), 2));
  RedirectFront front({.trusted_proxies = {*IpPrefix::Parse("127.0.0.0/8")}}, plans, 2);
  absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Create(
      {.name = "redirect", .endpoints = {*Endpoint::Parse("127.0.0.1:0")}, .workers = 2},
      front.factory(), Clock::Real());
  ASSERT_TRUE(server.ok()) << server.status();
  (*server)->Start();
  const std::string url =
      absl::StrCat("http://", (*server)->endpoints()[0].ToString(), "/live/a%2fb/../c?d=%41");
  struct {
    const char *header, *want;
  } rows[] = {{"X-Forwarded-For: 192.0.2.77", "https://fra1.example:8443/live/a%2fb/../c?d=%41"},
              {"X-Forwarded-For: 198.51.100.77", "http://[2001:db8::10]/live/a%2fb/../c?d=%41"}};
  for (const auto& row : rows) {
    std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
    curl_slist* headers =
        curl_slist_append(curl_slist_append(nullptr, row.header), "Host: live.example");
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
    std::string got;
    curl_easy_setopt(curl.get(), CURLOPT_HEADER, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, AppendTo);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &got);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
    ASSERT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
    EXPECT_THAT(got, HasSubstr(absl::StrCat("\r\nLocation: ", row.want, "\r\n")));
    curl_slist_free_all(headers);
  }
}

}  // namespace
}  // namespace spillway::http
