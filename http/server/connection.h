// http/server/connection.h -- one connection of a worker, and the queues that bound its patience.
//
//   accept ─► idle ─octets─► reading ─answered─► idle      reading: part of a request is here
//              │                │ └─socket full─► writing  writing: answers wait, nothing is read
//              └─ end ◄─────────┴──refused─► lingering     lingering: answered; the rest is dropped
//
// Each phase is a queue in order of entry. Within a phase every connection has the same patience,
// so the front is both the next to expire and the most idle to evict: both cost O(1).
// limits: an idle connection owns no buffer; octets are read into the worker's and answered from
//   there; only an unfinished request (`in`) or an unsent answer (`out`) is kept.
#ifndef SPILLWAY_HTTP_SERVER_CONNECTION_H_
#define SPILLWAY_HTTP_SERVER_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/ip.h"
#include "http/server/counters.h"
#include "http/server/session.h"

namespace spillway::http {

enum class Phase : uint8_t { kIdle, kReading, kWriting, kLingering };
inline constexpr size_t kPhaseCount = 4;

struct Connection {
  UniqueFd fd;                // invalid once closed; the object is reused after the turn
  IpAddress peer;             // or whom a trusted proxy names
  bool awaits_proxy = false;  // the proxy's header has not come yet
  Phase phase = Phase::kIdle;
  int64_t since_ns = 0;  // entered the phase, or made progress in kWriting
  Session session;
  Session::Next ending =
      Session::Next::kRead;  // kClose, kLinger or kRefused: to do once `out` is sent
  CloseReason linger_reason = CloseReason::kDone;
  uint32_t events = 0;  // what epoll watches for
  std::string in;
  std::string out;
  size_t out_sent = 0;  // octets of `out` that have left
  size_t lingered = 0;  // octets dropped in kLingering
  Connection* previous = nullptr;
  Connection* next = nullptr;
};

// Intrusive: a connection is in at most one queue. Owns nothing.
class ConnectionQueue {
 public:
  Connection* front() const { return front_; }
  size_t size() const { return size_; }
  void PushBack(Connection* connection);
  void Remove(Connection* connection);

 private:
  Connection* front_ = nullptr;
  Connection* back_ = nullptr;
  size_t size_ = 0;
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_CONNECTION_H_
