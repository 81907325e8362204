// http/server/session.h -- HTTP/1.1 as a pure engine: octets in, answers out, no socket in sight.
//
//   recv ─► [TLS, a later issue] ─► Session::Consume ─► Handler ─► out ─► [TLS] ─► send
//
// why: tests and fuzzing need no network, and HTTP/2 becomes a second engine of the same worker.
// invariants: (1) answers leave in the order requests came; (2) each request has exactly one
//   outcome: answered (by status class), refused (by HeadError), or abandoned when its connection
//   ends first; (3) after a refusal nothing more is read from the connection
//   (tests/unit/http/server/session_test.cc holds all three).
// thread safety: context and sessions belong to one worker; counters may be read from any thread.
#ifndef SPILLWAY_HTTP_SERVER_SESSION_H_
#define SPILLWAY_HTTP_SERVER_SESSION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "http/server/handler.h"
#include "http/server/head.h"
#include "http/server/head_error.h"

namespace spillway::http {

struct SessionCounters {
  std::array<Counter, 6> answered;  // by status / 100; [0] and [1] stay 0
  std::array<Counter, kHeadErrorCount> refused;
  Counter abandoned;
};

// What all sessions of a worker share.
struct SessionContext {
  Handler* handler = nullptr;
  SessionCounters* counters = nullptr;
  absl::string_view date;             // the worker refreshes it once per turn
  bool stopping = false;              // answer what is under way, then close
  size_t body_size_max = 0;           // larger Content-Length: 413
  size_t output_size_max = 64 << 10;  // Consume pauses when more than this waits to be sent
  RequestHead head;                   // scratch of one Consume call
};

class Session {
 public:
  enum class Next : uint8_t {
    kRead,     // everything complete is answered; come back with more octets
    kFlush,    // send `out` first, then come back with the rest
    kClose,    // send `out`, then close
    kLinger,   // the same with care: the peer may still be sending (RFC 9112 9.6)
    kRefused,  // as kLinger, after a refusal
  };

  // Answers the requests at the start of `input`, appending to `out`. `consumed` octets are done
  // with; the rest must be given again, more appended.
  Next Consume(absl::string_view input, const IpAddress& peer, SessionContext& context,
               std::string* out, size_t* consumed);

  // Answers an unfinished request that took too long; the connection must linger and close then.
  static void RefuseLate(SessionContext& context, std::string* out);

 private:
  size_t seen_ = 0;    // octets of an unfinished head already looked at
  size_t wanted_ = 0;  // size of the unfinished request once its head is known, else 0
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_SESSION_H_
