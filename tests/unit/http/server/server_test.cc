#include "http/server/server.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/server/counters.h"
#include "http/server/handler.h"

namespace spillway::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// "/size/N" answers N octets; anything else says back target and body.
class TestHandler : public Handler {
 public:
  void Handle(const Request& request, Response& response) override {
    if (request.path().substr(0, 6) == "/size/") {
      big_.assign(std::stoul(std::string(request.path().substr(6))), 'x');
      response.Status(200).Body("text/plain", big_);
      return;
    }
    response.Status(200)
        .Header("X-Peer", request.peer().ToString())
        .Body("text/plain", request.target(), "|", request.body());
  }

 private:
  std::string big_;
};

// A blocking socket whose reads give up after 10 s, so that a broken server fails a test.
class RawClient {
 public:
  explicit RawClient(const Endpoint& endpoint, int receive_buffer = 0) {
    sockaddr_storage address;
    socklen_t size = endpoint.address.ToSockaddr(endpoint.port, &address);
    fd_.Reset(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    timeval timeout{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (receive_buffer > 0) {
      setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    connected_ = connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0;
  }

  bool connected() const { return connected_; }
  void Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t n = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  void FinishSending() { shutdown(fd_.get(), SHUT_WR); }
  // Up to `size` octets, fewer at the end of the stream.
  std::string Read(size_t size) {
    std::string got;
    char buffer[16 << 10];
    while (got.size() < size) {
      ssize_t n = recv(fd_.get(), buffer, std::min(sizeof(buffer), size - got.size()), 0);
      if (n <= 0) {
        ended_ = n == 0;
        break;
      }
      got.append(buffer, static_cast<size_t>(n));
    }
    return got;
  }
  std::string ReadToEnd() { return Read(SIZE_MAX); }
  // One answer, by its Content-Length.
  std::string ReadAnswer() {
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      std::string octet = Read(1);
      if (octet.empty()) return got;
      got += octet;
    }
    size_t at = got.find("Content-Length: ");
    return at == std::string::npos ? got : got + Read(std::stoul(got.substr(at + 16)));
  }
  bool ended() const { return ended_; }

 private:
  UniqueFd fd_;
  bool connected_ = false;
  bool ended_ = false;
};

std::string Get(absl::string_view target) {
  return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: a\r\n\r\n");
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    options_.endpoints = {*Endpoint::Parse("127.0.0.1:0")};
    options_.linger_timeout = absl::Milliseconds(200);
  }

  void Start(const Clock& clock = Clock::Real()) {
    absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Create(
        options_,
        [this](int) {
          ++handlers_made_;
          return std::make_unique<TestHandler>();
        },
        clock);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    server_->Start();
  }
  const Endpoint& endpoint() const { return server_->endpoints()[0]; }
  template <typename Read>
  uint64_t Sum(const Read& read) const {
    uint64_t sum = 0;
    for (const WorkerCounters* worker : server_->metrics().workers) sum += read(*worker);
    return sum;
  }
  uint64_t Closed(CloseReason reason) const {
    return Sum(
        [=](const WorkerCounters& w) { return w.closed[static_cast<size_t>(reason)].Get(); });
  }
  uint64_t Accepted() const {
    return Sum([](const WorkerCounters& w) { return w.accepted.Get(); });
  }
  uint64_t Received() const {
    return Sum([](const WorkerCounters& w) { return w.received_octets.Get(); });
  }
  uint64_t Outcomes() const {
    return Sum([](const WorkerCounters& w) {
      uint64_t sum = w.session.abandoned.Get();
      for (const Counter& counter : w.session.answered) sum += counter.Get();
      for (const Counter& counter : w.session.refused) sum += counter.Get();
      return sum;
    });
  }
  template <typename Condition>
  static bool Eventually(const Condition& condition) {
    for (int i = 0; i < 10'000 && !condition(); ++i) absl::SleepFor(absl::Milliseconds(1));
    return condition();
  }

  ServerOptions options_;
  int handlers_made_ = 0;
  ManualClock clock_;  // outlives the server
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ListensOnEveryEndpointAndSaysWhere) {
  options_.endpoints.push_back(*Endpoint::Parse("[::1]:0"));
  options_.workers = 2;
  Start();
  EXPECT_EQ(handlers_made_, 2);
  ASSERT_EQ(server_->endpoints().size(), 2u);
  for (const Endpoint& bound : server_->endpoints()) {
    EXPECT_NE(bound.port, 0);
    RawClient client(bound);
    client.Send(Get("/x"));
    EXPECT_THAT(client.ReadAnswer(), HasSubstr("X-Peer: " + bound.address.ToString() + "\r\n"));
  }
}

TEST_F(HttpServerTest, RefusesBadOptionsAndTakenPorts) {
  HandlerFactory factory = [](int) { return std::make_unique<TestHandler>(); };
  options_.workers = 0;
  EXPECT_EQ(HttpServer::Create(options_, factory, Clock::Real()).status().message(),
            "http server: want 1 <= workers <= 64, got 0");
  options_.workers = 1;
  options_.endpoints = {*Endpoint::Parse("192.0.2.1:80")};  // not ours: RFC 5737
  absl::Status status = HttpServer::Create(options_, factory, Clock::Real()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), StartsWith("192.0.2.1:80: bind: "));
}

size_t AppendTo(char* data, size_t size, size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

TEST_F(HttpServerTest, ServesCurlOverOneConnection) {
  options_.body_size_max = 4 << 20;
  Start();
  std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, AppendTo);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
  const std::string url = absl::StrCat("http://", endpoint().ToString(), "/a%2Fb?c=%7e");
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  ASSERT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
  EXPECT_EQ(body, "/a%2Fb?c=%7e|");
  long connects = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_NUM_CONNECTS, &connects);
  EXPECT_EQ(connects, 1);

  // Large enough for curl to ask for 100-continue first.
  body.clear();
  const std::string upload(3 << 20, 'u');
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(upload.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, upload.c_str());
  ASSERT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
  EXPECT_TRUE(body == "/a%2Fb?c=%7e|" + upload);
  curl_easy_getinfo(curl.get(), CURLINFO_NUM_CONNECTS, &connects);
  EXPECT_EQ(connects, 0);

  body.clear();
  curl_easy_setopt(curl.get(), CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
  ASSERT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
  EXPECT_EQ(body, "");
  EXPECT_EQ(Accepted(), 1u);
}

TEST_F(HttpServerTest, AnswersAThousandPipelinedRequestsInOrder) {
  Start();
  RawClient client(endpoint());
  std::string all;
  for (int i = 0; i < 1'000; ++i) absl::StrAppend(&all, Get(absl::StrCat("/", i)));
  std::thread sender([&] { client.Send(all); });
  for (int i = 0; i < 1'000; ++i)
    ASSERT_THAT(client.ReadAnswer(), EndsWith(absl::StrCat("\r\n\r\n/", i, "|")));
  sender.join();
}

TEST_F(HttpServerTest, StopsReadingFromAPeerThatDoesNotRead) {
  Start();
  RawClient client(endpoint(), 4 << 10);
  std::string all;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&all, Get("/size/100000"));
  client.Send(all);
  RawClient other(endpoint());
  other.Send(Get("/other"));
  EXPECT_THAT(other.ReadAnswer(), EndsWith("/other|"));
  auto sent = [](const WorkerCounters& w) { return w.sent_octets.Get(); };
  EXPECT_LT(Sum(sent), 12u << 20);  // 20 MB were asked for; the kernel's buffers take a part
  for (int i = 0; i < 200; ++i) {
    std::string answer = client.ReadAnswer();
    ASSERT_GT(answer.size(), 100'000u) << i;
  }
}

TEST_F(HttpServerTest, AnswersAPeerThatHasFinishedSending) {
  Start();
  RawClient client(endpoint());
  client.Send(Get("/last"));
  client.FinishSending();
  EXPECT_THAT(client.ReadToEnd(), EndsWith("/last|"));
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, DeliversARefusalThoughTheBodyKeepsComing) {
  Start();
  RawClient client(endpoint());
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  client.Send(std::string(100'000, 'b'));
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, ServesOthersWhileFortyPeersAreStuck) {
  Start();
  std::vector<std::unique_ptr<RawClient>> stuck;
  for (int i = 0; i < 40; ++i) {
    stuck.push_back(std::make_unique<RawClient>(endpoint()));
    stuck.back()->Send(i % 2 == 0 ? "GET / HT" : "GET / HTTP/1.1\r\nHost: a\r\n");
  }
  RawClient client(endpoint());
  client.Send(Get("/quick"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("/quick|"));
}

TEST_F(HttpServerTest, EvictsTheMostIdleWhenFull) {
  options_.connections_max = 3;
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(endpoint()));
    clients.back()->Send(Get("/a"));
    EXPECT_THAT(clients.back()->ReadAnswer(), EndsWith("/a|"));
  }
  clients[0]->Send(Get("/again"));  // now the second is the most idle
  EXPECT_THAT(clients[0]->ReadAnswer(), EndsWith("/again|"));
  RawClient newest(endpoint());
  newest.Send(Get("/new"));
  EXPECT_THAT(newest.ReadAnswer(), EndsWith("/new|"));
  EXPECT_EQ(clients[1]->ReadToEnd(), "");
  EXPECT_TRUE(clients[1]->ended());
  clients[0]->Send(Get("/still"));
  EXPECT_THAT(clients[0]->ReadAnswer(), EndsWith("/still|"));
  EXPECT_EQ(Closed(CloseReason::kEvicted), 1u);
}

TEST_F(HttpServerTest, ClosesAnIdleConnectionAfterItsTime) {
  Start(clock_);
  RawClient client(endpoint());
  client.Send(Get("/a"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("/a|"));
  clock_.Advance(options_.idle_timeout);
  server_->Wake();
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(Eventually([&] { return Closed(CloseReason::kIdleTimeout) == 1; }));
}

TEST_F(HttpServerTest, GivesADrippingRequest408AtItsTimeHoweverLateItsLastOctet) {
  Start(clock_);
  RawClient client(endpoint());
  client.Send("GET / HT");
  ASSERT_TRUE(Eventually([&] { return Received() == 8; }));
  clock_.Advance(options_.request_timeout - absl::Seconds(1));
  client.Send("TP/1.1\r\n");
  ASSERT_TRUE(Eventually([&] { return Received() == 16; }));
  clock_.Advance(absl::Seconds(1));
  server_->Wake();
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_F(HttpServerTest, AnUnfinishedProxyHeaderIsNoRequest) {
  options_.proxy_endpoints = {*Endpoint::Parse("127.0.0.1:0")};
  options_.trusted_proxies = {*IpPrefix::Parse("127.0.0.0/8")};
  Start(clock_);
  const absl::string_view begun("\r\n\r\n\0\r\nQUIT", 11);
  RawClient leaving(server_->endpoints()[1]);
  leaving.Send(begun);
  leaving.FinishSending();
  EXPECT_EQ(leaving.ReadToEnd(), "");
  RawClient waiting(server_->endpoints()[1]);
  waiting.Send(begun);
  ASSERT_TRUE(Eventually([&] { return Received() == 2 * begun.size(); }));
  clock_.Advance(options_.request_timeout);
  server_->Wake();
  EXPECT_EQ(waiting.ReadToEnd(), "");
  EXPECT_TRUE(waiting.ended());
  server_->Stop();
  EXPECT_EQ(Closed(CloseReason::kPeer), 1u);
  EXPECT_EQ(Closed(CloseReason::kReadTimeout), 1u);
  EXPECT_EQ(Outcomes(), 0u);
}

TEST_F(HttpServerTest, ClosesOnAPeerThatNeverReads) {
  Start(clock_);
  RawClient client(endpoint(), 4 << 10);
  client.Send(Get("/size/30000000"));
  auto sent = [](const WorkerCounters& w) { return w.sent_octets.Get(); };
  uint64_t before = 1;
  // Wait until the kernel's buffers are full: no progress between two looks.
  ASSERT_TRUE(
      Eventually([&] { return std::exchange(before, Sum(sent)) == Sum(sent) && Sum(sent) > 0; }));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(options_.send_timeout);
    server_->Wake();
    return Closed(CloseReason::kSendTimeout) == 1;
  }));
}

TEST_F(HttpServerTest, FinishesWhatIsUnderWayWhenStopped) {
  Start();
  RawClient idle(endpoint());
  idle.Send(Get("/a"));
  EXPECT_THAT(idle.ReadAnswer(), EndsWith("/a|"));
  RawClient busy(endpoint());
  const uint64_t before = Received();
  busy.Send("GET /b HTTP/1.1\r\n");
  ASSERT_TRUE(Eventually([&] { return Received() == before + 17; }));
  std::thread stopper([&] { server_->Stop(); });
  EXPECT_EQ(idle.ReadToEnd(), "");  // so the worker knows that it stops
  EXPECT_FALSE(RawClient(endpoint()).connected());
  busy.Send("Host: a\r\n\r\n");
  std::string answer = busy.ReadToEnd();
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("/b|"));
  stopper.join();
}

TEST_F(HttpServerTest, CountsOneOutcomePerRequestAndOneEndPerConnection) {
  options_.workers = 2;
  Start();
  const char* requests[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                            "GET / HTTP/2.0\r\n\r\n",
                            "nonsense\r\n\r\n",
                            "GET / HT",
                            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                            "GET / HTTP/1.0\r\n\r\n"};
  for (const char* request : requests) {
    RawClient client(endpoint());
    client.Send(request);
    client.FinishSending();
    client.ReadToEnd();
  }
  server_->Stop();
  EXPECT_EQ(Accepted(), 6u);
  uint64_t closed = 0;
  for (size_t i = 0; i < kCloseReasonCount; ++i) closed += Closed(static_cast<CloseReason>(i));
  EXPECT_EQ(closed, 6u);
  EXPECT_EQ(Outcomes(), 6u);
  MetricsWriter writer;
  AppendMetrics({server_->metrics()}, &writer);
  EXPECT_THAT(writer.text(),
              HasSubstr("spillway_http_requests_total{server=\"http\",outcome=\"2xx\"} 2\n"));
  EXPECT_THAT(writer.text(), HasSubstr("outcome=\"abandoned\"} 1\n"));
  EXPECT_THAT(writer.text(), HasSubstr("outcome=\"body_too_large\"} 1\n"));
}

}  // namespace
}  // namespace spillway::http
