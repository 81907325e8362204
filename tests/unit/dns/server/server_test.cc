// tests/unit/dns/server/server_test.cc -- workers over real loopback sockets.
#include "dns/server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <numeric>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dns/zone/zone_file.h"
#include "tests/unit/dns/dns_testing.h"
#include "tests/unit/dns/steering_testing.h"

namespace spillway::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Only a hang is waited for this long.
constexpr int kPatienceMs = 10'000;

ZoneSet ZonesWith(absl::string_view address) {
  std::string text = absl::StrCat(kSteeredZone, "www A ", address, "\n");
  for (int i = 0; i < 200; ++i) absl::StrAppend(&text, "big TXT ", std::string(60, 'x'), i, "\n");
  std::vector<std::shared_ptr<const Zone>> zones;
  zones.push_back(std::move(*ParseZone(text, "f", Name())));
  return *ZoneSet::Create(std::move(zones));
}

// A connected client socket that gives up instead of hanging.
class Client {
 public:
  Client(int type, Endpoint server)
      : fd_(socket(server.address.is_v4() ? AF_INET : AF_INET6, type, 0)) {
    sockaddr_storage address;
    const socklen_t size = server.address.ToSockaddr(server.port, &address);
    EXPECT_EQ(connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0)
        << server.ToString();
  }
  void Send(absl::Span<const uint8_t> bytes) {
    EXPECT_EQ(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // What one read brings; empty at the end of the stream or after kPatienceMs.
  Octets Receive(size_t size_max = 70'000) {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, kPatienceMs) != 1) {
      ADD_FAILURE() << "nothing came";
      return {};
    }
    Octets bytes(size_max);
    const ssize_t count = recv(fd_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return bytes;
  }
  // One framed message; empty at the end of the stream.
  Octets ReceiveFrame() {
    while (buffer_.size() < 2 || buffer_.size() < 2u + (buffer_[0] << 8 | buffer_[1])) {
      Octets more = Receive();
      if (more.empty()) return {};
      buffer_.insert(buffer_.end(), more.begin(), more.end());
    }
    const auto end = buffer_.begin() + 2 + (buffer_[0] << 8 | buffer_[1]);
    Octets message(buffer_.begin() + 2, end);
    buffer_.erase(buffer_.begin(), end);
    return message;
  }
  // True when the server closes.
  bool SeesEnd() { return Receive().empty(); }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  Octets buffer_;
};

Octets Framed(const Octets& message) {
  Octets out(2 + message.size());
  out[0] = static_cast<uint8_t>(message.size() >> 8);
  out[1] = static_cast<uint8_t>(message.size());
  std::copy(message.begin(), message.end(), out.begin() + 2);
  return out;
}

Octets QueryFor(absl::string_view name, uint16_t id = 7, RrType type = RrType::kA) {
  return Question{.name = std::string(name), .type = type, .id = id}.Encode();
}

// True when `client`, connected over TCP, is answered.
bool Answers(Client& client) {
  client.Send(Framed(QueryFor("www.example")));
  return !client.ReceiveFrame().empty();
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { zones_.Publish(std::make_shared<ZoneSet>(ZonesWith("192.0.2.1"))); }

  void Start(DnsServerOptions options = {}) {
    if (options.endpoints.empty()) options.endpoints = {*Endpoint::Parse("127.0.0.1:0")};
    auto server = DnsServer::Start(options, DnsSources{&zones_, &plan_}, clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
  }
  Endpoint at(size_t i = 0) const { return server_->endpoints()[i]; }
  static uint64_t Sum(const DnsTotals& totals) {
    return std::accumulate(totals.outcomes.begin(), totals.outcomes.end(), uint64_t{0});
  }

  SnapshotCell<ZoneSet> zones_;
  SnapshotCell<Plan> plan_;
  ManualClock clock_;
  std::unique_ptr<DnsServer> server_;
};

TEST_F(ServerTest, AnswersOverUdpAndTcpOnIpv4AndIpv6) {
  Start(
      {.endpoints = {*Endpoint::Parse("127.0.0.1:0"), *Endpoint::Parse("[::1]:0")}, .workers = 2});
  ASSERT_THAT(server_->endpoints(), SizeIs(2));
  for (const Endpoint& endpoint : server_->endpoints()) {
    EXPECT_NE(endpoint.port, 0);
    Client udp(SOCK_DGRAM, endpoint);
    udp.Send(QueryFor("www.example"));
    EXPECT_THAT(ReadReply(udp.Receive()).answer, ElementsAre("www.example. 60 A 192.0.2.1"));
    Client tcp(SOCK_STREAM, endpoint);
    tcp.Send(Framed(QueryFor("www.example")));
    EXPECT_THAT(ReadReply(tcp.ReceiveFrame()).answer, ElementsAre("www.example. 60 A 192.0.2.1"));
  }
}

TEST_F(ServerTest, AnswersFromTheAddressAsked) {
  for (const char* wildcard : {"0.0.0.0:0", "*:0"}) {
    Start({.endpoints = {*Endpoint::Parse(wildcard)}});
    // A connected socket takes datagrams from that very address only.
    for (const char* address : {"127.0.0.1", "127.0.0.2", "127.1.2.3"}) {
      Client udp(SOCK_DGRAM, Endpoint{*IpAddress::Parse(address), at().port});
      udp.Send(QueryFor("www.example"));
      EXPECT_TRUE(ReadReply(udp.Receive()).ok) << wildcard << " asked at " << address;
    }
  }
  Client v6(SOCK_DGRAM, Endpoint{*IpAddress::Parse("::1"), at().port});
  v6.Send(QueryFor("www.example"));
  EXPECT_TRUE(ReadReply(v6.Receive()).ok);
}

TEST_F(ServerTest, CountsEveryMessageOnce) {
  Start({.workers = 2});
  const Octets kMessages[] = {QueryFor("www.example"),
                              QueryFor("absent.example"),
                              QueryFor("live.example"),
                              QueryFor("elsewhere"),
                              Octets(3, 0),
                              Octets(12, 0xff),
                              Octets(12, 0),
                              QueryFor("www.example", 1, RrType::kAny),
                              Octets()};
  uint64_t sent = 0;
  for (int client = 0; client < 8; ++client) {
    Client udp(SOCK_DGRAM, at());
    for (int round = 0; round < 20; ++round) {
      for (const Octets& message : kMessages) {
        udp.Send(message);
        ++sent;
      }
    }
    udp.Send(QueryFor("www.example", 999));  // same socket, same worker: all before it are done
    ++sent;
    while (ReadReply(udp.Receive()).id != 999) {
    }
  }
  Client tcp(SOCK_STREAM, at());
  for (const Octets& message : kMessages) tcp.Send(Framed(message));
  tcp.Send(Framed(QueryFor("www.example", 999)));
  while (ReadReply(tcp.ReceiveFrame()).id != 999) {
  }
  server_->Stop();
  const DnsTotals totals = server_->Totals();
  EXPECT_EQ(totals.udp_messages, sent);
  EXPECT_EQ(totals.tcp_messages, std::size(kMessages) + 1);
  EXPECT_EQ(Sum(totals), totals.udp_messages + totals.tcp_messages);
  EXPECT_EQ(totals.outcome(Outcome::kRefused), 161u);
  EXPECT_EQ(totals.outcome(Outcome::kDropped), 3 * 161u);
}

TEST_F(ServerTest, ServesNewZonesAsSoonAsTheyArePublished) {
  Start();
  Client udp(SOCK_DGRAM, at());
  udp.Send(QueryFor("www.example"));
  EXPECT_THAT(ReadReply(udp.Receive()).answer, ElementsAre("www.example. 60 A 192.0.2.1"));
  zones_.Publish(std::make_shared<ZoneSet>(ZonesWith("192.0.2.2")));
  udp.Send(QueryFor("www.example"));
  EXPECT_THAT(ReadReply(udp.Receive()).answer, ElementsAre("www.example. 60 A 192.0.2.2"));
}

TEST_F(ServerTest, SteersByThePublishedPlan) {
  zones_.Publish(std::make_shared<ZoneSet>(MakeSteeredZones()));
  plan_.Publish(MakePlan(MakePolicy()));
  Start();
  Client udp(SOCK_DGRAM, at());
  udp.Send(Question{.name = "live.example", .subnet = "198.51.100.0/24"}.Encode());
  Reply reply = ReadReply(udp.Receive());
  EXPECT_THAT(reply.answer, ElementsAre(::testing::EndsWith(" A 192.0.2.20")));
  EXPECT_EQ(reply.ecs_scope(), 24);
  server_->Stop();
  EXPECT_EQ(server_->Totals().steered, 1u);
}

TEST_F(ServerTest, AnswersPipelinedQuestions) {  // RFC 7766 6.2.1.1
  Start();
  Client tcp(SOCK_STREAM, at());
  Octets all;
  for (uint16_t id = 0; id < 50; ++id) {
    Octets frame = Framed(QueryFor("www.example", id));
    all.insert(all.end(), frame.begin(), frame.end());
  }
  tcp.Send(all);
  std::set<int> ids;
  for (int i = 0; i < 50; ++i) ids.insert(ReadReply(tcp.ReceiveFrame()).id);
  EXPECT_THAT(ids, SizeIs(50));
}

TEST_F(ServerTest, SendsLengthAndMessageTogether) {  // RFC 7766 8
  Start();
  Client tcp(SOCK_STREAM, at());
  tcp.Send(Framed(QueryFor("www.example")));
  Octets first = tcp.Receive();
  ASSERT_GE(first.size(), 2u);
  EXPECT_EQ(first.size(), 2u + (first[0] << 8 | first[1]));
}

TEST_F(ServerTest, TakesMessagesCutAnywhere) {
  Start();
  Client tcp(SOCK_STREAM, at());
  int one = 1;
  setsockopt(tcp.fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof one);
  Octets two = Framed(QueryFor("www.example", 1));
  Octets second = Framed(QueryFor("www.example", 2));
  two.insert(two.end(), second.begin(), second.end());
  for (uint8_t octet : two) tcp.Send({&octet, 1});
  EXPECT_EQ(ReadReply(tcp.ReceiveFrame()).id, 1);
  EXPECT_EQ(ReadReply(tcp.ReceiveFrame()).id, 2);
}

TEST_F(ServerTest, AnswersAfterTheClientClosedItsHalf) {
  Start();
  Client tcp(SOCK_STREAM, at());
  tcp.Send(Framed(QueryFor("www.example", 5)));
  shutdown(tcp.fd(), SHUT_WR);
  EXPECT_EQ(ReadReply(tcp.ReceiveFrame()).id, 5);
  EXPECT_TRUE(tcp.SeesEnd());
}

TEST_F(ServerTest, StaysInStepThroughNonsense) {
  Start();
  Client tcp(SOCK_STREAM, at());
  for (int i = 0; i < 20; ++i) tcp.Send(Framed({}));  // zero-length frames
  tcp.Send(Framed(Octets(100, 0x00)));                // no question: FORMERR
  tcp.Send(Framed(QueryFor("www.example", 6)));
  EXPECT_EQ(ReadReply(tcp.ReceiveFrame()).rcode, 1);
  EXPECT_EQ(ReadReply(tcp.ReceiveFrame()).id, 6);
  Client promise(SOCK_STREAM, at());
  promise.Send({0xff, 0xff, 0x00});  // 65535 octets promised, never sent
  Client reset(SOCK_STREAM, at());
  linger abort{.l_onoff = 1, .l_linger = 0};
  setsockopt(reset.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  reset.Send(Framed(QueryFor("big.example", 1, RrType::kTxt)));
  { Client dropped = std::move(reset); }
  tcp.Send(Framed(QueryFor("www.example", 8)));
  EXPECT_EQ(ReadReply(tcp.ReceiveFrame()).id, 8);
}

TEST_F(ServerTest, GivesASlowReaderEverythingWithinBoundedMemory) {
  Start();
  Client tcp(SOCK_STREAM, at());
  constexpr int kQuestions = 600;  // about 14 KB each: far over kOutSizeMax and the socket buffers
  for (uint16_t id = 0; id < kQuestions; ++id)
    tcp.Send(Framed(QueryFor("big.example", id, RrType::kTxt)));
  for (int id = 0; id < kQuestions; ++id) {
    Reply reply = ReadReply(tcp.ReceiveFrame());
    ASSERT_EQ(reply.id, id);
    ASSERT_EQ(reply.answer.size(), 200u);
  }
}

TEST_F(ServerTest, ClosesConnectionsThatAskNothingForTheIdleTime) {
  Start({.tcp_idle_max = absl::Seconds(10)});
  Client idle(SOCK_STREAM, at());
  idle.Send(Framed(QueryFor("www.example")));
  EXPECT_FALSE(idle.ReceiveFrame().empty());
  Client dripping(SOCK_STREAM, at());
  dripping.Send({0x00});
  Client probe(SOCK_DGRAM, at());  // the worker has taken both by the time it answers this
  probe.Send(QueryFor("www.example"));
  probe.Receive();
  clock_.Advance(absl::Seconds(9));
  idle.Send(Framed(QueryFor("www.example")));  // active again
  EXPECT_FALSE(idle.ReceiveFrame().empty());
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(dripping.SeesEnd());
  idle.Send(Framed(QueryFor("www.example")));
  EXPECT_FALSE(idle.ReceiveFrame().empty());
  server_->Stop();
  EXPECT_EQ(server_->Totals().tcp_closed_idle, 1u);
}

TEST_F(ServerTest, MakesRoomForNewConnectionsByClosingTheMostIdle) {
  Start({.tcp_connections_max = 3});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(SOCK_STREAM, at()));
    EXPECT_TRUE(Answers(*clients.back()));
  }
  EXPECT_TRUE(Answers(*clients[0]));  // now the second is the most idle
  Client fourth(SOCK_STREAM, at());
  EXPECT_TRUE(Answers(fourth));
  EXPECT_TRUE(clients[1]->SeesEnd());
  EXPECT_TRUE(Answers(*clients[0]));
}

TEST_F(ServerTest, ClosesThePrefixsOwnMostIdleWhenItHasItsShare) {
  Start({.endpoints = {*Endpoint::Parse("127.0.0.1:0"), *Endpoint::Parse("[::1]:0")},
         .tcp_prefix_connections_max = 2});
  Client other(SOCK_STREAM, at(1));  // the most idle of all, but of another prefix
  EXPECT_TRUE(Answers(other));
  Client first(SOCK_STREAM, at());
  EXPECT_TRUE(Answers(first));
  Client second(SOCK_STREAM, at());
  EXPECT_TRUE(Answers(second));
  Client third(SOCK_STREAM, at());
  EXPECT_TRUE(Answers(third));
  EXPECT_TRUE(first.SeesEnd());
  EXPECT_TRUE(Answers(second));
  EXPECT_TRUE(Answers(other));
  server_->Stop();
  EXPECT_EQ(server_->Totals().tcp_evicted, 1u);
}

TEST_F(ServerTest, ConnectionsOfProxiesAreOfNoPrefixsShare) {
  Start({.endpoints = {*Endpoint::Parse("127.0.0.1:0")},
         .proxy_endpoints = {*Endpoint::Parse("127.0.0.1:0")},
         .trusted_proxies = {*IpPrefix::Parse("127.0.0.0/8")},
         .tcp_prefix_connections_max = 2});
  std::vector<std::unique_ptr<Client>> proxied;  // the most idle
  for (int i = 0; i < 3; ++i) {
    proxied.push_back(std::make_unique<Client>(SOCK_STREAM, at(1)));
    // PROXY v2, LOCAL: the proxy for itself.
    proxied.back()->Send(FromHex("0d0a0d0a000d0a515549540a 20 00 0000"));
    EXPECT_TRUE(Answers(*proxied.back()));
  }
  Client first(SOCK_STREAM, at());
  EXPECT_TRUE(Answers(first));
  Client second(SOCK_STREAM, at());
  EXPECT_TRUE(Answers(second));
  for (auto& client : proxied) EXPECT_TRUE(Answers(*client));
  EXPECT_TRUE(Answers(first));  // now the second is the most idle of those that count
  Client third(SOCK_STREAM, at());
  EXPECT_TRUE(Answers(third));
  EXPECT_TRUE(second.SeesEnd());
  for (auto& client : proxied) EXPECT_TRUE(Answers(*client));
  server_->Stop();
  EXPECT_EQ(server_->Totals().tcp_evicted, 1u);
}

TEST_F(ServerTest, RefusesOptionsThatCannotWork) {
  const DnsSources sources{&zones_, &plan_};
  EXPECT_FALSE(DnsServer::Start({}, sources).ok());
  const std::vector<Endpoint> one = {*Endpoint::Parse("127.0.0.1:0")};
  EXPECT_FALSE(DnsServer::Start({.endpoints = one, .workers = 0}, sources).ok());
  EXPECT_FALSE(DnsServer::Start({.endpoints = one, .nsid = std::string(129, 'x')}, sources).ok());
  EXPECT_FALSE(DnsServer::Start({.endpoints = one, .udp_size_max = 511}, sources).ok());
  auto foreign = DnsServer::Start({.endpoints = {*Endpoint::Parse("192.0.2.1:0")}}, sources);
  ASSERT_FALSE(foreign.ok());
  EXPECT_THAT(std::string(foreign.status().message()),
              HasSubstr("dns: cannot bind UDP 192.0.2.1:0"));
}

TEST_F(ServerTest, WritesMetricsThatAddUp) {
  Start();
  Client udp(SOCK_DGRAM, at());
  udp.Send(QueryFor("www.example"));
  udp.Receive();
  server_->Stop();
  MetricsWriter writer;
  server_->WriteMetrics(&writer);
  EXPECT_TRUE(absl::StrContains(writer.text(), "spillway_dns_messages_total{transport=\"udp\"} 1"));
  EXPECT_TRUE(
      absl::StrContains(writer.text(), "spillway_dns_outcomes_total{outcome=\"answer\"} 1"));
}

}  // namespace
}  // namespace spillway::dns
