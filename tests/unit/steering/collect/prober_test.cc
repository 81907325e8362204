// Real sockets on loopback; every wait is for a condition.
#include "steering/collect/prober.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/file.h"

namespace spillway {
namespace {

// Answers every request with one status; 0 = takes connections and never answers.
class TinyServer {
 public:
  explicit TinyServer(int status, uint16_t port = 0)
      : status_(status), wake_(eventfd(0, EFD_CLOEXEC)) {
    listener_.Reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int one = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    sockaddr_storage address;
    socklen_t size = IpAddress::V4(0x7f000001).ToSockaddr(port, &address);
    bool bound = bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                 listen(listener_.get(), 64) == 0;
    EXPECT_TRUE(bound);
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~TinyServer() {
    uint64_t one = 1;
    EXPECT_EQ(write(wake_.get(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
    thread_.join();
  }
  uint16_t port() const { return port_; }
  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_, "/health"); }
  void set_status(int status) { status_ = status; }
  uint64_t connections() const { return connections_; }
  uint64_t requests() const { return requests_; }

 private:
  void Run() {
    std::vector<UniqueFd> clients;
    for (;;) {
      std::vector<pollfd> fds = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const UniqueFd& client : clients) fds.push_back({client.get(), POLLIN, 0});
      poll(fds.data(), fds.size(), -1);
      if (fds[0].revents != 0) return;
      for (size_t i = 2; i < fds.size(); ++i) {
        if (fds[i].revents != 0 && !Serve(fds[i].fd)) clients[i - 2].Reset();
      }
      std::erase_if(clients, [](const UniqueFd& fd) { return !fd.valid(); });
      if (fds[1].revents != 0) {
        clients.emplace_back(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ++connections_;
      }
    }
  }
  bool Serve(int fd) {
    char buffer[4096];
    ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size <= 0) return false;
    if (!absl::StrContains(absl::string_view(buffer, static_cast<size_t>(size)), "\r\n\r\n") ||
        status_ == 0)
      return true;
    ++requests_;
    std::string answer =
        absl::StrCat("HTTP/1.1 ", status_.load(), " x\r\nContent-Length: 2\r\n\r\nok");
    return send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
  }

  std::atomic<int> status_;
  std::atomic<uint64_t> connections_{0}, requests_{0};
  UniqueFd wake_, listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

ProbeSpec HttpProbe(const std::string& url) {
  ProbeSpec spec;
  spec.url = url;
  spec.interval = absl::Milliseconds(20);
  spec.timeout = absl::Seconds(2);
  return spec;
}

ProbeSpec TcpProbe(uint16_t port) {
  ProbeSpec spec = HttpProbe("");
  spec.kind = ProbeSpec::Kind::kTcp;
  spec.endpoint = {IpAddress::V4(0x7f000001), port};
  return spec;
}

class ProberTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Policy> MakePolicy(const std::vector<std::vector<ProbeSpec>>& probes) {
    auto policy = std::make_shared<Policy>();
    for (size_t i = 0; i < probes.size(); ++i) {
      policy->targets.emplace_back();
      policy->targets.back().name = absl::StrCat("t", i);
      policy->targets.back().probes = probes[i];
    }
    return policy;
  }
  void Start(const std::vector<std::vector<ProbeSpec>>& probes, Prober::Options options = {}) {
    auto policy = MakePolicy(probes);
    table_ = std::make_unique<FeedTable>(policy);
    prober_ = std::make_unique<Prober>(policy, table_.get(), &clock_, options);
  }
  Health Probed(size_t target = 0) { return table_->Snapshot(clock_.Now()).targets[target].probed; }
  template <typename Condition>
  bool Eventually(Condition condition) {
    int64_t until = clock_.MonotonicNanos() + 20'000'000'000;
    while (!condition()) {
      if (clock_.MonotonicNanos() > until) return false;
      table_->WaitForChange(table_->generation(), absl::Milliseconds(5));
    }
    return true;
  }

  const Clock& clock_ = Clock::Real();
  std::unique_ptr<FeedTable> table_;
  std::unique_ptr<Prober> prober_;
};

TEST_F(ProberTest, SeesATargetComeDieAndComeBack) {
  auto server = std::make_unique<TinyServer>(200);
  uint16_t port = server->port();
  Start({{HttpProbe(server->url())}});
  EXPECT_TRUE(Eventually([&] { return Probed() == Health::kUp; }));
  server.reset();
  EXPECT_TRUE(Eventually([&] { return Probed() == Health::kDown; }));
  EXPECT_GE(prober_->count(Prober::Outcome::kConnect) + prober_->count(Prober::Outcome::kOther), 3u)
      << "fall failures were needed";
  server = std::make_unique<TinyServer>(200, port);
  EXPECT_TRUE(Eventually([&] { return Probed() == Health::kUp; }));
}

TEST_F(ProberTest, TakesRedirectsAsSuccessAndServerErrorsAsFailure) {
  TinyServer server(302);
  Start({{HttpProbe(server.url())}});
  EXPECT_TRUE(Eventually([&] { return Probed() == Health::kUp; }));
  server.set_status(503);
  EXPECT_TRUE(Eventually([&] { return Probed() == Health::kDown; }));
  EXPECT_GE(prober_->count(Prober::Outcome::kBadStatus), 3u);
}

TEST_F(ProberTest, TakesSilenceAsFailureAndStopsWithoutWaitingForIt) {
  TinyServer server(0);
  ProbeSpec impatient = HttpProbe(server.url()), patient = HttpProbe(server.url());
  impatient.timeout = absl::Milliseconds(30);
  patient.timeout = absl::Minutes(5);
  Start({{impatient}, {patient}});
  EXPECT_TRUE(Eventually([&] { return Probed(0) == Health::kDown; }));
  EXPECT_GE(prober_->count(Prober::Outcome::kTimeout), 3u);
  int64_t before = clock_.MonotonicNanos();
  prober_.reset();
  EXPECT_LT(clock_.MonotonicNanos() - before, 2'000'000'000);
}

TEST_F(ProberTest, ConnectsToTcpTargets) {
  auto server = std::make_unique<TinyServer>(0);
  uint16_t port = server->port();
  Start({{TcpProbe(port)}});
  EXPECT_TRUE(Eventually([&] { return Probed() == Health::kUp; }));
  server.reset();
  EXPECT_TRUE(Eventually([&] { return Probed() == Health::kDown; }));
  EXPECT_GE(prober_->count(Prober::Outcome::kConnect), 3u);
}

TEST_F(ProberTest, KeepsItsConnectionAndTakesAFreshOneEveryTenthTime) {
  TinyServer server(200);
  Start({{HttpProbe(server.url())}});
  ASSERT_TRUE(Eventually([&] { return prober_->count(Prober::Outcome::kOk) >= 45; }));
  uint64_t probes = server.requests(), connections = server.connections();
  EXPECT_GE(connections, probes / Prober::kFreshEvery);
  EXPECT_LE(connections, probes / Prober::kFreshEvery + 2);
}

TEST_F(ProberTest, FollowsThePolicy) {
  TinyServer first(200), second(200);
  Start({{HttpProbe(first.url())}});
  ASSERT_TRUE(Eventually([&] { return first.requests() > 3; }));
  auto next = MakePolicy({{TcpProbe(second.port())}, {HttpProbe(second.url())}});
  table_->Rebind(next, clock_.Now());
  prober_->Update(next);
  ASSERT_TRUE(Eventually([&] { return Probed(0) == Health::kUp && Probed(1) == Health::kUp; }));
  uint64_t left = first.requests();
  uint64_t then = second.requests();
  ASSERT_TRUE(Eventually([&] { return second.requests() > then + 5; }));
  EXPECT_LE(first.requests(), left + 1) << "the old probe has ended";
}

TEST_F(ProberTest, BoundsWhatIsInFlight) {
  TinyServer silent(0), server(200);
  std::vector<std::vector<ProbeSpec>> probes(12, {HttpProbe(silent.url())});
  for (auto& one : probes) one[0].timeout = absl::Milliseconds(50);
  probes.push_back({HttpProbe(server.url())});
  Prober::Options options;
  options.parallel_max = 4;
  Start(probes, options);
  EXPECT_TRUE(Eventually([&] { return Probed(12) == Health::kUp; }))
      << "a slow crowd delays, it does not starve";
  EXPECT_TRUE(Eventually([&] {
    for (size_t i = 0; i < 12; ++i) {
      if (Probed(i) != Health::kDown) return false;
    }
    return true;
  }));
}

}  // namespace
}  // namespace spillway
