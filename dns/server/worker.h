// dns/server/worker.h -- one thread: its own UDP and TCP sockets on every endpoint, one epoll, one
// engine.
//
//   epoll ─► UDP readable: receive a batch ─► view of the snapshots ─► answer ─► send
//         ├► TCP listener: accept      ├► TCP connection: frames ─► answer ─► send
//         └► eventfd: stop           └► timer, once a second: the time of cookies and rates
//
// why: workers share nothing but the published snapshots, so adding one adds its whole capacity.
// The snapshots are looked at once per batch; the clock once per turn of the loop with TCP in it,
// and once per batch with a steered answer in it.
// thread safety: Start, Stop and the destructor from one thread; counters() from any.
#ifndef SPILLWAY_DNS_SERVER_WORKER_H_
#define SPILLWAY_DNS_SERVER_WORKER_H_

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/one_in.h"
#include "base/snapshot.h"
#include "dns/server/counters.h"
#include "dns/server/engine.h"
#include "dns/server/event_source.h"
#include "dns/server/sockets.h"
#include "dns/server/tcp_front.h"
#include "dns/server/udp_socket.h"
#include "dns/tap/dnstap.h"
#include "dns/transfer/transfer_table.h"
#include "dns/zone/zone_set.h"
#include "steering/decisions/decision_log.h"
#include "steering/plan/plan.h"
#include "steering/resolvers/answer_log.h"
#include "steering/resolvers/resolver_watch.h"

namespace spillway::dns {

// Where answers come from, and who is told of them; the cells outlive the workers and may still be
// empty.
struct DnsSources {
  const SnapshotCell<ZoneSet>* zones = nullptr;
  const SnapshotCell<Plan>* plan = nullptr;
  const SnapshotCell<CookieSecrets>* cookies = nullptr;    // null: no cookies (RFC 7873)
  const SnapshotCell<TransferTable>* transfers = nullptr;  // null: no transfers, no keys
  ResolverWatch* resolvers = nullptr;  // outlives the workers; null = nobody learns who asks
  Dnstap* tap = nullptr;               // likewise; null = off
  DecisionLog* decisions = nullptr;    // likewise
};

class Worker {
 public:
  // `clock` is read for idle times, for the log of answers and once a second, and outlives the
  // worker.
  static absl::StatusOr<std::unique_ptr<Worker>> Create(std::vector<SocketPair> sockets,
                                                        const DnsSources& sources,
                                                        const EngineOptions& engine,
                                                        const TcpLimits& tcp, const Clock& clock);
  ~Worker() { Stop(); }

  void Start();
  // Returns when the thread has ended; open connections are closed. May be called twice.
  void Stop();

  const DnsCounters& counters() const { return counters_; }

 private:
  struct UdpSource : EventSource {
    UdpSource(UniqueFd fd, const UdpOptions& options)
        : EventSource(Kind::kUdp), socket(std::move(fd), options) {}
    UdpSocket socket;
  };
  struct ListenSource : EventSource {
    ListenSource(UniqueFd socket, bool behind_proxy)
        : EventSource(Kind::kTcpListener), fd(std::move(socket)), proxy(behind_proxy) {}
    UniqueFd fd;
    const bool proxy;
    int64_t paused_until_ns = 0;  // 0 = listening
  };

  Worker(UniqueFd epoll, UniqueFd stop, const DnsSources& sources, const EngineOptions& engine,
         const TcpLimits& tcp, const Clock& clock);
  absl::Status StartTicking();
  void Tick();
  absl::Status Watch(int fd, EventSource* source);
  void Run();
  void ServeUdp(UdpSocket& socket);
  void Accept(ListenSource& listener, int64_t now_ns);
  void ResumeListeners(int64_t now_ns);
  EngineView View();
  // Closes a batch: the only look at the wall clock, when something steered was answered.
  void CommitAnswers();

  UniqueFd epoll_;
  UniqueFd stop_;
  UniqueFd timer_;
  EventSource stop_source_{EventSource::Kind::kStop};
  EventSource tick_source_{EventSource::Kind::kTick};
  SnapshotReader<ZoneSet> zones_;
  SnapshotReader<Plan> plan_;
  std::optional<SnapshotReader<CookieSecrets>> cookies_;
  std::optional<SnapshotReader<TransferTable>> transfers_;
  uint32_t unix_s_ = 0;  // as of the last tick
  OneIn timed_{16};      // batches of datagrams: two readings of the clock
  const Clock& clock_;
  DnsCounters counters_;
  AnswerLog* const answers_;  // may be null
  TapRing* const tap_;        // likewise
  const std::vector<IpPrefix> trusted_proxies_;
  Engine engine_;
  TcpFront tcp_;
  std::list<UdpSource> udp_;
  std::list<ListenSource> listeners_;
  int listeners_paused_ = 0;
  std::thread thread_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_WORKER_H_
