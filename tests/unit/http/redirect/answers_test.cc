#include "http/redirect/answers.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/server/head.h"
#include "http/server/head_error.h"
#include "http/server/request.h"
#include "http/server/response.h"

namespace spillway::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr RedirectChoice kChoice{.scheme = "https",
                                 .authority = "fra1.example:8443",
                                 .service = "fight",
                                 .target = "fra1",
                                 .ttl_s = 30};

// What `answer` writes for a request with this target and these header lines.
template <typename Answer>
std::string Ask(const Answer& answer, absl::string_view target, absl::string_view headers = "") {
  std::string bytes = absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: h\r\n", headers, "\r\n");
  RequestHead head;
  if (ParseHead(bytes, 0, &head) != HeadError::kNone) return "refused";
  IpAddress peer;
  Request request(head, {}, peer);
  std::string out;
  Response response(&out, {.date = "D"});
  AnswerScratch scratch;
  answer(request, &scratch, response);
  response.Finish();
  return out;
}

std::string Redirect(absl::string_view target, absl::string_view headers = "") {
  return Ask([](const Request& request, AnswerScratch* scratch,
                Response& response) { AnswerRedirect(request, kChoice, scratch, response); },
             target, headers);
}

std::string BodyOf(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST(Redirect, IsTheseOctets) {
  EXPECT_EQ(Redirect("/live/a?b=c"),
            "HTTP/1.1 302 Found\r\n"
            "Date: D\r\n"
            "Cache-Control: no-store\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Location: https://fra1.example:8443/live/a?b=c\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 13\r\n"
            "\r\n"
            "see Location\n");
}

TEST(Redirect, KeepsPathAndQueryOctetForOctetAndTheAuthorityItsOwn) {
  struct {
    const char *what, *target, *want;  // want: after https://fra1.example:8443
  } rows[] = {
      {"an encoded slash", "/a%2Fb", "/a%2Fb"},
      {"hexadecimal digits of both cases", "/%2f%2F%c3%A9", "/%2f%2F%c3%A9"},
      {"an encoded percent", "/100%25", "/100%25"},
      {"a percent that encodes nothing", "/100%", "/100%"},
      {"dots", "/a/../b/./c", "/a/../b/./c"},
      {"doubled slashes", "/a//b///c", "/a//b///c"},
      {"an empty query", "/a?", "/a?"},
      {"several question marks", "/a?b?c=?", "/a?b?c=?"},
      {"an encoded query", "/a?b=%41+%20&&c", "/a?b=%41+%20&&c"},
      {"raw quotes, bars and braces", "/a?b=\"c\"|{d}", "/a?b=\"c\"|{d}"},
      {"two slashes and a name", "//evil", "//evil"},
      {"three slashes and a name", "///evil", "///evil"},
      {"a backslash", "/\\evil", "/\\evil"},
      {"an at sign", "/@evil", "/@evil"},
      {"an at sign after a name", "/x@evil.example/y", "/x@evil.example/y"},
      {"a URL as path", "/http://evil.example/", "/http://evil.example/"},
      {"an absolute target", "http://evil.example/x?y", "/x?y"},
      {"an absolute target with port", "HTTP://evil.example:81//x", "//x"},
      {"an absolute target without path", "http://evil.example", "/"},
      {"an absolute target with a query only", "http://evil.example?y", "/?y"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(
        Redirect(row.target),
        HasSubstr(absl::StrCat("\r\nLocation: https://fra1.example:8443", row.want, "\r\n")))
        << row.what;
  }
}

TEST(Redirect, IsJsonWhenAskedByName) {
  struct {
    const char *what, *accept;
    bool json;
  } rows[] = {
      {"no Accept", "", false},
      {"anything", "Accept: */*\r\n", false},
      {"a browser", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n",
       false},
      {"JSON", "Accept: application/json\r\n", true},
      {"JSON in a list", "Accept: text/html, Application/JSON ;q=0.5\r\n", true},
      {"JSON in a second line", "Accept: text/html\r\naccept: application/json\r\n", true},
      {"JSON declined", "Accept: application/json;q=0.0\r\n", false},
      {"another JSON", "Accept: application/json-seq\r\n", false},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(Redirect("/a", row.accept), StartsWith(row.json ? "HTTP/1.1 200" : "HTTP/1.1 302"))
        << row.what;
  }
  EXPECT_EQ(BodyOf(Redirect("/a\"b?c=\\", "Accept: application/json\r\n")),
            "{\"location\":\"https://fra1.example:8443/a\\\"b?c=\\\\\",\"service\":\"fight\","
            "\"target\":\"fra1\",\"ttl\":30}");
}

std::string Manifest(absl::string_view target) {
  return Ask(
      [](const Request& request, AnswerScratch* scratch, Response& response) {
        const std::vector<absl::string_view> pathways = {"cdn-b", "cdn_a.1"};
        AnswerManifest(request, 60, 0, pathways, scratch, response);
      },
      target);
}

TEST(Manifest, IsWhatPlayersRead) {
  std::string answer = Manifest("/steer/fight");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nAccess-Control-Allow-Origin: *\r\n"));
  EXPECT_EQ(BodyOf(answer),
            "{\"VERSION\":1,\"TTL\":60,\"RELOAD-URI\":\"/steer/"
            "fight\",\"PATHWAY-PRIORITY\":[\"cdn-b\",\"cdn_a.1\"]}");
}

TEST(Manifest, KeepsItsOwnQueryInTheReloadUriAndDropsThePlayers) {
  struct {
    const char *what, *target, *want;
  } rows[] = {
      {"hls.js", "/steer/x?_HLS_pathway=cdn-a&_HLS_throughput=5140000", "/steer/x"},
      {"raw quotes", "/steer/x?s=1&_HLS_pathway=\"cdn-a\"&t=%41", "/steer/x?s=1&t=%41"},
      {"dash.js", "/steer/x?_DASH_pathway=%22a,b%22&_DASH_throughput=5,6&s=1", "/steer/x?s=1"},
      {"a parameter that only ends so", "/steer/x?my_HLS_pathway=1", "/steer/x?my_HLS_pathway=1"},
      {"an empty query", "/steer/x?", "/steer/x"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(Manifest(row.target), HasSubstr(absl::StrCat("\"RELOAD-URI\":\"", row.want, "\",")))
        << row.what;
  }
}

std::string Capped(absl::string_view headers) {
  return Ask(
      [](const Request& request, AnswerScratch* scratch, Response& response) {
        RedirectChoice choice = kChoice;
        choice.max_kbps = 2750;
        AnswerRedirect(request, choice, scratch, response);
      },
      "/a", headers);
}

TEST(Cap, IsOnTheRedirect) {
  EXPECT_EQ(Capped(""),
            "HTTP/1.1 302 Found\r\n"
            "Date: D\r\n"
            "Cache-Control: no-store\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Location: https://fra1.example:8443/a\r\n"
            "CMSD-Dynamic: \"spillway\";mb=2750\r\n"
            "Access-Control-Expose-Headers: CMSD-Dynamic\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 13\r\n"
            "\r\n"
            "see Location\n");
}

TEST(Cap, IsInTheJsonAndItsHead) {
  const std::string answer = Capped("Accept: application/json\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nCMSD-Dynamic: \"spillway\";mb=2750\r\n"));
  EXPECT_THAT(BodyOf(answer), EndsWith(",\"ttl\":30,\"max_kbps\":2750}"));
}

TEST(Cap, IsOnTheManifestAndLeavesItsBodyAsItIs) {
  const std::string answer = Ask(
      [](const Request& request, AnswerScratch* scratch, Response& response) {
        const std::vector<absl::string_view> pathways = {"a"};
        AnswerManifest(request, 60, 400, pathways, scratch, response);
      },
      "/steer/x");
  EXPECT_THAT(answer, HasSubstr("\r\nCMSD-Dynamic: \"spillway\";mb=400\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nAccess-Control-Expose-Headers: CMSD-Dynamic\r\n"));
  EXPECT_EQ(BodyOf(answer),
            "{\"VERSION\":1,\"TTL\":60,\"RELOAD-URI\":\"/steer/x\",\"PATHWAY-PRIORITY\":[\"a\"]}");
}

std::string Waiting(absl::string_view headers) {
  return Ask([](const Request& request, AnswerScratch* scratch,
                Response& response) { AnswerWaiting(request, "fight", 37, scratch, response); },
             "/a", headers);
}

TEST(WaitingRoom, IsTheseOctets) {
  EXPECT_EQ(Waiting(""),
            "HTTP/1.1 503 Service Unavailable\r\n"
            "Date: D\r\n"
            "Cache-Control: no-store\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Retry-After: 37\r\n"
            "Access-Control-Expose-Headers: Retry-After\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 30\r\n"
            "\r\n"
            "waiting room: see Retry-After\n");
}

TEST(WaitingRoom, IsJsonWhenAskedByName) {
  EXPECT_EQ(BodyOf(Waiting("Accept: application/json\r\n")),
            "{\"error\":\"waiting room\",\"service\":\"fight\",\"retry_after\":37}");
}

TEST(Refusal, IsTextOrJsonAndSays405WhatIsAllowed) {
  auto refuse = [](int status) {
    return [status](const Request& request, AnswerScratch* scratch, Response& response) {
      AnswerError(request, status, "no such service", scratch, response);
    };
  };
  EXPECT_THAT(Ask(refuse(404), "/"), EndsWith("\r\n\r\nno such service\n"));
  EXPECT_EQ(BodyOf(Ask(refuse(404), "/", "Accept: application/json\r\n")),
            "{\"error\":\"no such service\"}");
  EXPECT_THAT(Ask(refuse(405), "/"), HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

}  // namespace
}  // namespace spillway::http
