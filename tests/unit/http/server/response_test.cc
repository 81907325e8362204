#include "http/server/response.h"

#include <string>

#include "gtest/gtest.h"

namespace spillway::http {
namespace {

constexpr ResponseSetting kPlain{.date = "D"};

TEST(Response, WritesWhatTheHandlerSaidAndNothingElse) {
  std::string out = "before";
  Response response(&out, kPlain);
  response.Status(302)
      .Header("Location", "https://", "a.example", "/x")
      .Body("text/plain", "go", " on");
  response.Finish();
  EXPECT_EQ(out,
            "beforeHTTP/1.1 302 Found\r\nDate: D\r\nLocation: https://a.example/x\r\n"
            "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\ngo on");
}

TEST(Response, GivesHeadTheLengthButNoBody) {
  std::string out;
  Response response(&out, {.date = "D", .head_only = true});
  response.Status(200).Body("text/plain", "hello");
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
}

TEST(Response, GivesNoLengthWith204) {
  std::string out;
  Response response(&out, kPlain);
  response.Status(204);
  response.Finish();
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
}

TEST(Response, StartsAnewWhenTheStatusChanges) {
  std::string out = "before";
  Response response(&out, kPlain);
  response.Status(200).Header("A", "b").Body("text/plain", "half");
  response.Status(404);
  response.Finish();
  EXPECT_EQ(out, "beforeHTTP/1.1 404 Not Found\r\nDate: D\r\nContent-Length: 0\r\n\r\n");
}

TEST(Response, SaysWhetherTheConnectionStays) {
  std::string out;
  Response(&out, {.date = "D", .keep_alive = false}).Status(200).Finish();
  EXPECT_NE(out.find("\r\nConnection: close\r\n"), std::string::npos);
  out.clear();
  Response(&out, {.date = "D", .announce_keep_alive = true}).Status(200).Finish();
  EXPECT_NE(out.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  out.clear();
  Response(&out, kPlain).Status(200).Close().Finish();
  EXPECT_NE(out.find("\r\nConnection: close\r\n"), std::string::npos);
}

#ifdef NDEBUG  // in debug builds a bug aborts
TEST(Response, LetsNoLineBreakOutThroughAHeader) {
  std::string out;
  Response response(&out, kPlain);
  response.Status(302).Header("Location", "/a\r\nSet-Cookie: b");
  response.Finish();
  EXPECT_EQ(out, "HTTP/1.1 302 Found\r\nDate: D\r\nContent-Length: 0\r\n\r\n");
}

TEST(Response, TurnsAHandlerWithoutStatusInto500) {
  std::string out;
  Response(&out, kPlain).Finish();
  EXPECT_EQ(out.substr(0, 12), "HTTP/1.1 500");
}
#endif

}  // namespace
}  // namespace spillway::http
