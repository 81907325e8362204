#include "http/server/head.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "http/server/chars.h"
#include "http/server/head_error.h"

namespace spillway::http {
namespace {

struct Row {
  const char* what;
  std::string bytes;
  HeadError want;
};

std::string Get(absl::string_view lines) {
  return absl::StrCat("GET / HTTP/1.1\r\nHost: a.example\r\n", lines, "\r\n");
}
std::string Line(absl::string_view request_line) {
  return absl::StrCat(request_line, "\r\nHost: a.example\r\n\r\n");
}
std::string Target(absl::string_view target) {
  return Line(absl::StrCat("GET ", target, " HTTP/1.1"));
}

std::vector<Row> Rows() {
  using E = HeadError;
  using namespace std::string_literals;
  std::string header64;
  for (int i = 0; i < 63; ++i) absl::StrAppend(&header64, "x", i, ": y\r\n");
  return {
      {"the smallest good request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", E::kNone},
      {"one empty line before it", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", E::kNone},
      {"two empty lines before it", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", E::kBadMethod},
      {"nothing yet", "", E::kIncomplete},
      {"half an empty line", "\r", E::kIncomplete},
      {"no final empty line", "GET / HTTP/1.1\r\nHost: a\r\n", E::kIncomplete},
      {"a TLS hello", "\x16\x03\x01\x02"s, E::kBadMethod},
      {"a blank before the method", Line(" GET / HTTP/1.1"), E::kBadMethod},
      {"a method with a slash", Line("G/T / HTTP/1.1"), E::kBadMethod},
      {"a method of 32 octets", Line(std::string(32, 'M') + " / HTTP/1.1"), E::kNone},
      {"a method of 33 octets", Line(std::string(33, 'M') + " / HTTP/1.1"), E::kMethodTooLong},
      {"a method alone", Line("GET"), E::kBadTarget},
      {"HTTP/0.9", Line("GET /"), E::kBadVersion},
      {"two blanks after the method", Line("GET  / HTTP/1.1"), E::kBadTarget},
      {"two blanks after the target", Line("GET /  HTTP/1.1"), E::kBadTarget},
      {"a blank in the target", Line("GET /a b HTTP/1.1"), E::kBadTarget},
      {"a tab as separator", Line("GET\t/\tHTTP/1.1"), E::kBadMethod},
      {"a blank after the version", Line("GET / HTTP/1.1 "), E::kBadVersion},
      {"a lower-case protocol", Line("GET / http/1.1"), E::kBadVersion},
      {"two digits of minor version", Line("GET / HTTP/1.10"), E::kBadVersion},
      {"HTTP/1.2", Line("GET / HTTP/1.2"), E::kNone},
      {"HTTP/2.0", Line("GET / HTTP/2.0"), E::kUnsupportedVersion},
      {"HTTP/9.9", Line("GET / HTTP/9.9"), E::kUnsupportedVersion},
      {"HTTP/0.9 by name", Line("GET / HTTP/0.9"), E::kUnsupportedVersion},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", E::kUnsupportedVersion},

      {"a target without slash", Target(".evil"), E::kBadTarget},
      {"a target with raw octets above 0x7e", Target("/caf\xc3\xa9"), E::kBadTarget},
      {"a target with NUL", Target("/a\0b"s), E::kBadTarget},
      {"a target with DEL", Target("/a\x7f"), E::kBadTarget},
      {"a target with a fragment", Target("/a#b"), E::kBadTarget},
      {"a target with CR", Target("/a\rb"), E::kBadTarget},
      {"a target with raw quotes", Target("/a?_HLS_pathway=\"cdn-a\""), E::kNone},
      {"a target with two slashes", Target("//evil"), E::kNone},
      {"a target with a backslash", Target("/\\evil"), E::kNone},
      {"an absolute target", Target("http://b.example:80/x"), E::kNone},
      {"an absolute target without path", Target("HTTPS://b.example?q"), E::kNone},
      {"an absolute target with user info", Target("http://u@b.example/"), E::kBadTarget},
      {"an absolute target without host", Target("http:///x"), E::kBadTarget},
      {"an absolute target of another scheme", Target("ftp://b.example/"), E::kBadTarget},
      {"an asterisk with GET", Target("*"), E::kBadTarget},
      {"an asterisk with OPTIONS", Line("OPTIONS * HTTP/1.1"), E::kNone},
      {"an authority with CONNECT", Line("CONNECT b.example:443 HTTP/1.1"), E::kNone},
      {"an authority without port", Line("CONNECT b.example HTTP/1.1"), E::kBadTarget},
      {"a path with CONNECT", Line("CONNECT / HTTP/1.1"), E::kBadTarget},
      {"a target of 8 KiB", Target("/" + std::string(kTargetSizeMax - 1, 'a')), E::kNone},
      {"a target of 8 KiB and one octet", Target("/" + std::string(kTargetSizeMax, 'a')),
       E::kTargetTooLong},
      {"a target of 100 KB", Target("/" + std::string(100'000, 'a')), E::kTargetTooLong},
      {"a request line without end", "GET /" + std::string(kRequestLineSizeMax, 'a'),
       E::kTargetTooLong},

      {"no Host", "GET / HTTP/1.1\r\n\r\n", E::kMissingHost},
      {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", E::kNone},
      {"no Host beside an absolute target", "GET http://a/ HTTP/1.1\r\n\r\n", E::kMissingHost},
      {"two Hosts", Get("Host: b.example\r\n"), E::kRepeatedHost},
      {"two equal Hosts", Get("host: a.example\r\n"), E::kRepeatedHost},
      {"an empty Host", "GET / HTTP/1.1\r\nHost: \r\n\r\n", E::kBadHost},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", E::kBadHost},
      {"a Host with user info", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", E::kBadHost},
      {"a Host with two values", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", E::kBadHost},
      {"a Host with a port of six digits", "GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n", E::kBadHost},
      {"a Host with port 65536", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", E::kBadHost},
      {"a Host with an IPv6 address", "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", E::kNone},
      {"a Host with an IPv6 address left open", "GET / HTTP/1.1\r\nHost: [2001:db8::1\r\n\r\n",
       E::kBadHost},
      {"a Host of 256 octets", "GET / HTTP/1.1\r\nHost: " + std::string(256, 'a') + "\r\n\r\n",
       E::kBadHost},

      {"a lone LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", E::kBareLf},
      {"a lone LF after a header", Get("A: b\nC: d\r\n"), E::kBareLf},
      {"a lone LF as the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", E::kBareLf},
      {"a blank before the colon", Get("A : b\r\n"), E::kBadHeaderName},
      {"a header without colon", Get("hello\r\n"), E::kBadHeaderName},
      {"a header without name", Get(": b\r\n"), E::kBadHeaderName},
      {"a header with an umlaut in its name", Get("\xc3\xbc: b\r\n"), E::kBadHeaderName},
      {"a folded header", Get("A: b\r\n c\r\n"), E::kObsoleteFold},
      {"a header folded by a tab", Get("A: b\r\n\tc\r\n"), E::kObsoleteFold},
      {"a blank before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", E::kObsoleteFold},
      {"a value with NUL", Get("A: b\0c\r\n"s), E::kBadHeaderValue},
      {"a value with CR", Get("A: b\rc\r\n"), E::kBadHeaderValue},
      {"a long value with ESC",
       Get("A: bbbbbbbbbbbbbbbb\x1b"
           "cccccccccccc\r\n"),
       E::kBadHeaderValue},
      {"a value with tabs and obs-text", Get("A: b\tc \xff\x80 d\r\n"), E::kNone},
      {"an empty value", Get("A:\r\n"), E::kNone},
      {"64 headers", Get(header64), E::kNone},
      {"65 headers", Get(header64 + "more: z\r\n"), E::kTooManyHeaders},
      {"a head of more than 16 KiB", Get("A: " + std::string(kHeadSizeMax, 'b') + "\r\n"),
       E::kHeadTooLarge},
      {"headers without end", "GET / HTTP/1.1\r\nA: " + std::string(kHeadSizeMax, 'b'),
       E::kHeadTooLarge},

      {"a Content-Length", Get("Content-Length: 5\r\n"), E::kNone},
      {"a Content-Length with a sign", Get("Content-Length: +5\r\n"), E::kBadContentLength},
      {"a negative Content-Length", Get("Content-Length: -5\r\n"), E::kBadContentLength},
      {"a hexadecimal Content-Length", Get("Content-Length: 0x5\r\n"), E::kBadContentLength},
      {"an empty Content-Length", Get("Content-Length:\r\n"), E::kBadContentLength},
      {"a Content-Length list", Get("Content-Length: 5, 5\r\n"), E::kBadContentLength},
      {"a Content-Length beyond 64 bits", Get("Content-Length: 99999999999999999999\r\n"),
       E::kBadContentLength},
      {"two conflicting Content-Lengths", Get("Content-Length: 5\r\nContent-Length: 6\r\n"),
       E::kRepeatedContentLength},
      {"two equal Content-Lengths", Get("Content-Length: 5\r\nContent-Length: 5\r\n"),
       E::kRepeatedContentLength},
      {"chunks", Get("Transfer-Encoding: chunked\r\n"), E::kTransferEncoding},
      {"an unknown coding", Get("transfer-encoding: xchunked\r\n"), E::kTransferEncoding},
      {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       E::kTransferEncoding},
      {"chunks and a length", Get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
       E::kLengthAndEncoding},
      {"a length and chunks", Get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
       E::kLengthAndEncoding},
  };
}

TEST(HeadParser, TakesOrRefusesEachRow) {
  for (const Row& row : Rows()) {
    RequestHead head;
    EXPECT_EQ(NameOf(ParseHead(row.bytes, 0, &head)), NameOf(row.want)) << row.what;
  }
}

// The octets sit in a block of exactly their size, so that ASan sees any look beyond the end.
TEST(HeadParser, DecidesTheSameWhereverReadsCutTheStream) {
  for (const Row& row : Rows()) {
    if (row.bytes.size() > 2'000) continue;
    size_t seen = 0;
    HeadError error = HeadError::kIncomplete;
    RequestHead head;
    for (size_t size = 1; size <= row.bytes.size() && error == HeadError::kIncomplete; ++size) {
      std::vector<char> exact(row.bytes.begin(), row.bytes.begin() + static_cast<ptrdiff_t>(size));
      error = ParseHead(absl::string_view(exact.data(), exact.size()), seen, &head);
      seen = size;
    }
    EXPECT_EQ(NameOf(error), NameOf(row.want)) << row.what;
  }
}

TEST(HeadParser, GivesViewsOfAllParts) {
  std::string bytes =
      "HEAD /a%2fb//c?x=%41&y HTTP/1.1\r\nHost: Live.Example.:8080\r\nX-One:  two words "
      "\t\r\nEmpty:\r\n\r\nnext";
  RequestHead head;
  ASSERT_EQ(ParseHead(bytes, 0, &head), HeadError::kNone);
  EXPECT_EQ(head.method, Method::kHead);
  EXPECT_EQ(head.method_name, "HEAD");
  EXPECT_EQ(head.form, TargetForm::kOrigin);
  EXPECT_EQ(head.target, "/a%2fb//c?x=%41&y");
  EXPECT_EQ(head.path_and_query, head.target);
  EXPECT_EQ(head.path, "/a%2fb//c");
  EXPECT_EQ(head.query, "x=%41&y");
  EXPECT_EQ(head.host, "live.example");
  EXPECT_EQ(head.port, 8080);
  EXPECT_EQ(head.headers().size(), 3u);
  EXPECT_EQ(head.Find("x-ONE"), "two words");
  EXPECT_EQ(head.Find("empty"), "");
  EXPECT_EQ(head.Find("absent"), std::nullopt);
  EXPECT_EQ(bytes.substr(head.size), "next");
}

TEST(HeadParser, TakesHostAndPathFromAnAbsoluteTarget) {
  struct {
    const char *target, *host, *path, *path_and_query;
    uint16_t port;
  } rows[] = {
      {"http://B.example/x?y", "b.example", "/x", "/x?y", 0},
      {"http://b.example:81", "b.example", "/", "", 81},
      {"https://b.example?q=/", "b.example", "/", "?q=/", 0},
      {"http://[2001:DB8::1]:80//z", "[2001:db8::1]", "//z", "//z", 80},
  };
  for (const auto& row : rows) {
    RequestHead head;
    std::string bytes = Target(row.target);
    ASSERT_EQ(ParseHead(bytes, 0, &head), HeadError::kNone) << row.target;
    EXPECT_EQ(head.form, TargetForm::kAbsolute);
    EXPECT_EQ(head.host, row.host);
    EXPECT_EQ(head.port, row.port);
    EXPECT_EQ(head.path, row.path);
    EXPECT_EQ(head.path_and_query, row.path_and_query);
  }
}

TEST(HeadParser, KnowsWhetherTheConnectionStaysOpen) {
  struct {
    const char *what, *version, *connection;
    bool want;
  } rows[] = {
      {"1.1 by default", "1.1", "", true},
      {"1.1 told to close", "1.1", "Connection: close\r\n", false},
      {"1.1 told to close in a list", "1.1", "Connection: upgrade , CLOSE\r\n", false},
      {"1.1 told to close in a second line", "1.1", "Connection: x\r\nConnection: close\r\n",
       false},
      {"1.1 with a word that only begins so", "1.1", "Connection: closed\r\n", true},
      {"1.0 by default", "1.0", "", false},
      {"1.0 asked to stay", "1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0 asked both", "1.0", "Connection: keep-alive, close\r\n", false},
  };
  for (const auto& row : rows) {
    RequestHead head;
    std::string bytes =
        absl::StrCat("GET / HTTP/", row.version, "\r\nHost: a\r\n", row.connection, "\r\n");
    ASSERT_EQ(ParseHead(bytes, 0, &head), HeadError::kNone);
    EXPECT_EQ(head.keep_alive, row.want) << row.what;
  }
}

TEST(HeadParser, ForgetsTheRequestBefore) {
  RequestHead head;
  std::string first =
      "POST /a?b HTTP/1.0\r\nHost: h:1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  ASSERT_EQ(ParseHead(first, 0, &head), HeadError::kNone);
  ASSERT_EQ(ParseHead("GET / HTTP/1.0\r\n\r\n", 0, &head), HeadError::kNone);
  EXPECT_EQ(head.content_length, 0u);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_FALSE(head.has_query);
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.host, "");
  EXPECT_EQ(head.port, 0);
  EXPECT_TRUE(head.headers().empty());
}

TEST(HeadError, HasAStatusAndANameOfItsOwn) {
  std::vector<std::string> names;
  for (size_t i = static_cast<size_t>(HeadError::kBadMethod); i < kHeadErrorCount; ++i) {
    int status = StatusOf(static_cast<HeadError>(i));
    EXPECT_TRUE(status >= 400 && status <= 505) << i;
    names.emplace_back(NameOf(static_cast<HeadError>(i)));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(FieldValue, RefusesEachControlAtEachPlace) {
  for (int c = 0; c < 256; ++c) {
    bool want = (c >= 0x20 || c == '\t') && c != 0x7f;
    for (size_t at = 0; at < 20; ++at) {
      for (char filler : {'a', '\x80', '\xff', ' '}) {
        std::string text(20, filler);
        text[at] = static_cast<char>(c);
        EXPECT_EQ(IsFieldValue(text), want) << c << " at " << at;
      }
    }
  }
}

}  // namespace
}  // namespace spillway::http
