// dns/server/event_source.h -- what an epoll event's pointer points to: tells its kind.
#ifndef SPILLWAY_DNS_SERVER_EVENT_SOURCE_H_
#define SPILLWAY_DNS_SERVER_EVENT_SOURCE_H_

#include <cstdint>

namespace spillway::dns {

class EventSource {
 public:
  enum class Kind : uint8_t { kStop, kTick, kUdp, kTcpListener, kTcpConnection };
  explicit EventSource(Kind kind) : kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  const Kind kind_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_EVENT_SOURCE_H_
