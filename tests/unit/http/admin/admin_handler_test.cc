// tests/unit/http/admin/admin_handler_test.cc -- who may ask what, and in which words it is
// refused.
#include "http/admin/admin_handler.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/server/session.h"
#include "tests/support/policy_fixture.h"

namespace spillway::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kToken[] = "operators-token-0123456789";

// The handler behind one session, without sockets or threads.
class AdminHandlerTest : public testing::Test {
 protected:
  AdminHandlerTest() {
    backend_.clock = &clock_;
    backend_.plans = &loop_.plans();
    backend_.plan_loop = &loop_;
    backend_.feeds = &feeds_;
    backend_.push = &push_;
    backend_.token = kToken;
    backend_.reload = backend_.last_reload = [] { return ReloadReport{.version = "v1"}; };
    context_.handler = &handler_;
    context_.counters = &counters_;
    context_.date = "D";
    context_.body_size_max = 4096;
    EXPECT_TRUE(loop_.SetFrame(frame_));
  }

  std::string Ask(absl::string_view line, absl::string_view body = "",
                  absl::string_view authorization = absl::StrCat("Bearer ", kToken)) {
    const std::string request =
        absl::StrCat(line, " HTTP/1.1\r\nHost: admin\r\nAuthorization: ", authorization,
                     "\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
    std::string out;
    size_t consumed;
    Session session;
    session.Consume(request, *IpAddress::Parse("127.0.0.1"), context_, &out, &consumed);
    return out;
  }

  ManualClock clock_;
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  FeedTable feeds_{frame_->policy};
  PlanLoop loop_{feeds_, clock_};
  PushFeed push_{{FeedToken{"edge", "feed-token-0123456789"}}, &feeds_, &clock_};
  AdminBackend backend_;
  AdminHandler handler_{backend_};
  SessionCounters counters_;
  SessionContext context_;
};

TEST_F(AdminHandlerTest, OnlyTheWholeTokenOpens) {
  EXPECT_THAT(Ask("GET /v1/status"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask("GET /v1/status", "", absl::StrCat("bearer ", kToken)),
              StartsWith("HTTP/1.1 200 "));
  const std::string shorter(kToken, sizeof(kToken) - 2);
  for (std::string wrong :
       {std::string(), std::string("Bearer"), std::string("Bearer "),
        std::string("Basic ") + kToken, "Bearer " + shorter, absl::StrCat("Bearer ", kToken, "x"),
        std::string(kToken), std::string("Bearer feed-token-0123456789")}) {
    for (const char* path : {"GET /v1/status", "GET /metrics", "GET /v1/explain", "GET /nowhere",
                             "POST /v1/drain", "POST /v1/undrain", "POST /v1/reload"})
      EXPECT_THAT(Ask(path, "", wrong), StartsWith("HTTP/1.1 401 ")) << path << " " << wrong;
  }
  EXPECT_THAT(Ask("GET /healthz", "", ""), StartsWith("HTTP/1.1 200 "));
  backend_.token = "";
  EXPECT_THAT(Ask("GET /v1/status", "", "Bearer "), StartsWith("HTTP/1.1 401 "));
}

TEST_F(AdminHandlerTest, SamplesWantTheTokenOfAFeedNotTheOperators) {
  EXPECT_THAT(Ask("POST /v1/samples", "{}"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(Ask("GET /v1/samples"), StartsWith("HTTP/1.1 405 "));
}

TEST_F(AdminHandlerTest, ExplainFindsWhatTheRedirectorWouldFind) {
  const struct {
    absl::string_view query;
    absl::string_view status;
    absl::string_view says;
  } kRows[] = {
      {"client=10.1.2.3&name=live.example.com", "200", "\"target\":\"fra1\""},
      {"client=10.1.2.0/24&name=LIVE.example.com.", "200", "\"source_bits\":24"},
      {"client=::ffff:10.1.2.3&name=live.example.com", "200", "\"client\":\"10.1.2.3\""},
      {"client=10.1.2.3&url=https://Live.Example.com:8443/a?b", "200",
       "\"location\":\"https://fra1.example.net/a?b\""},
      {"client=10.1.2.3&url=http://live.example.com./a", "200",
       "\"location\":\"https://fra1.example.net/a\""},
      {"client=10.1.2.3&url=http://live.example.com?b%23top", "200",
       "\"location\":\"https://fra1.example.net/?b\""},
      {"client=10.1.2.3&url=http://[2001:db8::1]/", "404", "no service has the URL"},
      {"client=10.1.2.3&url=ftp://live.example.com/", "400", "url: want"},
      {"client=10.1.2.3&url=http://ana@live.example.com/", "400", "url: want"},
      {"client=10.1.2.3", "400", "want either name=NAME or url=URL"},
      {"client=10.1.2.3&name=a&url=http://a/", "400", "want either name=NAME or url=URL"},
      {"client=10.1.2.3/33&name=live.example.com", "400", "client: want"},
      {"client=10.1.2.3/&name=live.example.com", "400", "client: want"},
      {"name=live.example.com", "400", "client: want"},
      {"client=%zz&name=live.example.com", "400", "client: want"},
      {"client=10.1.2.3&name=other.example.com", "404", "no service has the name"},
  };
  for (const auto& row : kRows) {
    const std::string out = Ask(absl::StrCat("GET /v1/explain?", row.query));
    EXPECT_THAT(out, StartsWith(absl::StrCat("HTTP/1.1 ", row.status, " "))) << row.query;
    EXPECT_THAT(out, HasSubstr(std::string(row.says))) << row.query;
  }
}

TEST_F(AdminHandlerTest, ADrainIsCheckedKeptAndUndone) {
  const std::string drain = R"({"target":"fra1","who":"ana","why":"kernel","for":"30m")";
  EXPECT_THAT(Ask("POST /v1/drain", drain + "}"), StartsWith("HTTP/1.1 409 "));  // a third is out
  EXPECT_THAT(Ask("POST /v1/drain", drain + ",\"force\":true}"),
              HasSubstr("\"until\":\"2023-11-14T22:43:20.000Z\""));
  EXPECT_TRUE(feeds_.Snapshot(clock_.Now()).targets[0].drain.has_value());
  EXPECT_THAT(Ask("POST /v1/drain", R"({"target":"fra2","who":"a","why":"b"})"),
              HasSubstr("did you mean \\\"fra1\\\"?"));
  EXPECT_THAT(Ask("POST /v1/undrain", R"({"target":"fra1","who":"ana"})"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask("POST /v1/undrain", R"({"target":"fra1","who":"ana"})"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_FALSE(feeds_.Snapshot(clock_.Now()).targets[0].drain.has_value());
}

TEST_F(AdminHandlerTest, AReloadThatFailsSaysWhatKeepsServing) {
  const std::string out = Ask("POST /v1/reload");
  EXPECT_THAT(out, StartsWith("HTTP/1.1 422 "));
  EXPECT_THAT(out, HasSubstr("not loaded; version v1 keeps serving"));
  EXPECT_THAT(Ask("GET /v1/reload"), HasSubstr("Allow: POST"));
  EXPECT_THAT(Ask("POST /v1/status"), HasSubstr("Allow: GET, HEAD"));
}

}  // namespace
}  // namespace spillway::http
