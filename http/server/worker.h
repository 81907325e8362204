// http/server/worker.h -- one thread's event loop: its listeners, its connections, its handler.
//
//   epoll_wait ─► connections (receive · answer · send) ─► accept ─► expire ─► bury
//
// invariants: (1) at most connections_max connections: a newer one evicts the most idle;
//   (2) nothing is read from a connection while answers to it wait: a peer that does not read stops
//   being served; (3) a closed connection's object survives the turn, so that a later event of the
//   turn finds it closed.
// thread safety: Run on one thread; RequestStop, Wake and counters() from any.
#ifndef SPILLWAY_HTTP_SERVER_WORKER_H_
#define SPILLWAY_HTTP_SERVER_WORKER_H_

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ip.h"
#include "http/server/connection.h"
#include "http/server/counters.h"
#include "http/server/handler.h"
#include "http/server/session.h"

namespace spillway::http {

struct WorkerListener {
  UniqueFd fd;
  bool proxy = false;  // connections begin with a PROXY header
};

struct WorkerLimits {
  size_t body_size_max = 0;
  size_t output_size_max = 64 << 10;
  size_t connections_max = 10'000;
  std::array<absl::Duration, kPhaseCount> patience;  // by Phase
  absl::Duration stop_grace;
  std::vector<IpPrefix> trusted_proxies{};  // who may connect to proxy listeners
};

class Worker {
 public:
  // `clock` and nothing else must outlive the worker.
  Worker(const WorkerLimits& limits, std::unique_ptr<Handler> handler,
         std::vector<WorkerListener> listeners, const Clock& clock);
  ~Worker();

  // Returns after RequestStop, when requests under way are answered or stop_grace is over.
  void Run();
  void RequestStop();
  // Makes the loop look at the clock and the stop flag now.
  void Wake();
  const WorkerCounters& counters() const { return counters_; }

 private:
  ConnectionQueue& QueueOf(Phase phase) { return queues_[static_cast<size_t>(phase)]; }
  void Watch(int fd, int operation, uint32_t events, void* tag);
  void ReadClock();
  int WaitMillis() const;

  enum class Sent : uint8_t { kAll, kBlocked, kGone };
  void OnEvent(Connection* connection, uint32_t events);
  void Receive(Connection* connection);
  // Answers what is complete in `bytes`, which are the connection's own `in` or the scratch buffer.
  void Process(Connection* connection, absl::string_view bytes);
  Sent Send(Connection* connection, absl::string_view bytes, size_t* sent);
  void Resume(Connection* connection);
  // Puts the connection where it belongs now; `fresh` restarts its patience even in the same phase.
  void Settle(Connection* connection, bool fresh);
  void Linger(Connection* connection);
  void Enter(Connection* connection, Phase phase, bool fresh);
  // Each of these may be the connection's last; nothing may touch it after Close.
  void Close(Connection* connection, CloseReason reason);

  void AcceptAll();
  bool AcceptOne(const WorkerListener& listener);
  // Takes the PROXY header off the front of `bytes`. False while there is no whole one, or when the
  // connection was closed because it is none.
  bool TakeProxyHeader(Connection* connection, absl::string_view bytes, size_t* done);
  void PauseAccepting(bool pause);
  bool EvictMostIdle();
  void Expire();
  void ExpireOne(Connection* connection);
  void BeginStop();
  void CloseAll(CloseReason reason);

  const WorkerLimits limits_;
  const Clock& clock_;
  std::unique_ptr<Handler> handler_;
  WorkerCounters counters_;
  SessionContext context_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::vector<WorkerListener> listeners_;
  bool accept_ready_ = false;
  bool accept_paused_ = false;  // descriptors ran out: try again next turn, without spinning
  std::atomic<bool> stop_requested_{false};
  int64_t stop_deadline_ns_ = 0;

  std::array<ConnectionQueue, kPhaseCount> queues_;
  std::vector<std::unique_ptr<Connection>>
      connections_;  // all ever made; at most connections_max + 1
  std::vector<Connection*> spare_;
  std::vector<Connection*> buried_;  // closed this turn
  int64_t now_ns_ = 0;
  int64_t date_second_ = -1;
  std::string date_;
  std::string out_;  // answers of one Process call
  std::unique_ptr<char[]> scratch_;
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_WORKER_H_
