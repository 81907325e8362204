#include "http/server/client_address.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/ip.h"
#include "gtest/gtest.h"
#include "http/server/head.h"
#include "http/server/head_error.h"
#include "http/server/request.h"

namespace spillway::http {
namespace {

std::string AddressOf(const std::string& peer, const std::string& headers) {
  static const std::vector<IpPrefix>& trusted = *new std::vector<IpPrefix>{
      *IpPrefix::Parse("10.0.0.0/8"), *IpPrefix::Parse("2001:db8:ffff::/48")};
  std::string bytes = absl::StrCat("GET / HTTP/1.1\r\nHost: a\r\n", headers, "\r\n");
  RequestHead head;
  if (ParseHead(bytes, 0, &head) != HeadError::kNone) return "unparsed";
  IpAddress address = *IpAddress::Parse(peer);
  return ClientAddress(Request(head, {}, address), trusted).ToString();
}

TEST(ClientAddress, FollowsEachRow) {
  struct {
    const char *what, *peer, *headers, *want;
  } rows[] = {
      {"no proxy", "192.0.2.1", "", "192.0.2.1"},
      {"a stranger who claims to be one", "192.0.2.1", "X-Forwarded-For: 198.51.100.1\r\n",
       "192.0.2.1"},
      {"a proxy that says nothing", "10.0.0.1", "", "10.0.0.1"},
      {"one hop", "10.0.0.1", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
      {"what the client made up stands to the left", "10.0.0.1",
       "X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n", "198.51.100.1"},
      {"garbage the client made up does no harm", "10.0.0.1",
       "X-Forwarded-For: \"<x>, 198.51.100.1\r\n", "198.51.100.1"},
      {"trusted hops are passed over", "10.0.0.1",
       "X-Forwarded-For: 198.51.100.1, 10.9.9.9,10.1.1.1\r\n", "198.51.100.1"},
      {"lines are one list", "10.0.0.1",
       "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
      {"all trusted gives the left-most", "10.0.0.1", "X-Forwarded-For: 10.2.2.2, 10.1.1.1\r\n",
       "10.2.2.2"},
      {"IPv6", "2001:db8:ffff::1", "x-forwarded-for: 2001:db8:1::5\r\n", "2001:db8:1::5"},
      {"IPv6 in brackets with port", "10.0.0.1", "X-Forwarded-For: [2001:db8:1::5]:4711\r\n",
       "2001:db8:1::5"},
      {"IPv4 with port", "10.0.0.1", "X-Forwarded-For: 198.51.100.1:4711\r\n", "198.51.100.1"},
      {"mapped IPv4", "10.0.0.1", "X-Forwarded-For: ::ffff:198.51.100.1\r\n", "198.51.100.1"},
      {"a name", "10.0.0.1", "X-Forwarded-For: client.example\r\n", "10.0.0.1"},
      {"nothing", "10.0.0.1", "X-Forwarded-For:\r\n", "10.0.0.1"},
      {"an empty right-most hop", "10.0.0.1", "X-Forwarded-For: 198.51.100.1,\r\n", "198.51.100.1"},
      {"an empty hop between", "10.0.0.1", "X-Forwarded-For: 198.51.100.1, , 10.1.1.1\r\n",
       "10.0.0.1"},
      {"a bad port", "10.0.0.1", "X-Forwarded-For: 198.51.100.1:x\r\n", "10.0.0.1"},
      {"too many hops", "10.0.0.1",
       "X-Forwarded-For: "
       "1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,"
       "1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1\r\n",
       "10.0.0.1"},
      {"Forwarded", "10.0.0.1", "Forwarded: for=198.51.100.1;proto=https\r\n", "198.51.100.1"},
      {"Forwarded with quotes, port and case", "10.0.0.1",
       "Forwarded: for=203.0.113.9, by=10.0.0.1; FOR=\"[2001:db8:1::5]:4711\"\r\n",
       "2001:db8:1::5"},
      {"Forwarded with a comma in quotes", "10.0.0.1",
       "Forwarded: for=198.51.100.1;host=\"a,b\"\r\n", "198.51.100.1"},
      {"Forwarded that hides", "10.0.0.1", "Forwarded: for=203.0.113.9, for=_hidden\r\n",
       "10.0.0.1"},
      {"Forwarded by unknown", "10.0.0.1", "Forwarded: for=unknown\r\n", "10.0.0.1"},
      {"Forwarded without for", "10.0.0.1", "Forwarded: proto=https\r\n", "10.0.0.1"},
      {"a quote left open to swallow the proxy's hop", "10.0.0.1",
       "Forwarded: for=203.0.113.9;x=\", for=198.51.100.1\r\n", "10.0.0.1"},
      {"both headers agree", "10.0.0.1",
       "X-Forwarded-For: 198.51.100.1\r\nForwarded: for=198.51.100.1\r\n", "198.51.100.1"},
      {"both headers, one invented", "10.0.0.1",
       "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=198.51.100.1\r\n", "10.0.0.1"},
  };
  for (const auto& row : rows) EXPECT_EQ(AddressOf(row.peer, row.headers), row.want) << row.what;
}

}  // namespace
}  // namespace spillway::http
