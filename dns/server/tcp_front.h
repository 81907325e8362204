// dns/server/tcp_front.h -- one worker's TCP connections: framing, pipelining, idle eviction.
//
//   accept ─► Connection { in: bytes of frames | out: framed replies not yet taken by the peer }
//               │ readable: frames ─► engine ─► out ─► one write for all that one read brought
//               │ out over kOutSizeMax: no more frames are answered until the peer takes some
//               ├ a transfer goes on, kTransferMessagesPerTurn at a time, before the next frame
//               └ no whole message for idle_max, or most idle when a place is needed (of all,
//                 or of its own prefix when that one has its share): closed
//
// why: activity is a whole question or an accepted reply, not any octet: a peer that drips octets
//      is as idle as a silent one.
// invariants: (1) at most connections_max connections, prefix_connections_max of them of a prefix;
// (2) per connection at most one message plus one read of input and kOutSizeMax plus one reply of
// output; (3) connections_ is ordered by activity, most idle first.
// thread safety: one worker's. references: RFC 1035 4.2.2, 7766 6, 7828.
#ifndef SPILLWAY_DNS_SERVER_TCP_FRONT_H_
#define SPILLWAY_DNS_SERVER_TCP_FRONT_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "base/file.h"
#include "base/ip.h"
#include "dns/server/engine.h"
#include "dns/server/event_source.h"
#include "dns/tap/tap_ring.h"

namespace spillway::dns {

struct TcpLimits {
  size_t connections_max = 1024;
  // From one /24 or /56, so that nobody but a whole network fills the table.
  size_t prefix_connections_max = 512;
  int64_t idle_ns_max = 10'000'000'000;
  std::vector<IpPrefix> trusted_proxies{};  // who may speak at proxy listeners
};

class TcpFront {
 public:
  // Replies waiting for a slow reader; one of the largest messages always fits beside them.
  static constexpr size_t kOutSizeMax = 64 << 10;
  static constexpr size_t kReadSize = 16 << 10;
  // 128 KiB: a fast reader of a large zone leaves room for everybody else's questions.
  static constexpr int kTransferMessagesPerTurn = 8;

  // Connections register themselves with `epoll_fd`; their events carry an EventSource.
  // `tap` may be null.
  TcpFront(int epoll_fd, TcpLimits limits, Engine* engine, DnsCounters* counters, TapRing* tap);
  ~TcpFront();
  TcpFront(const TcpFront&) = delete;
  TcpFront& operator=(const TcpFront&) = delete;

  // Takes the connections waiting at `listen_fd`. False when no descriptor is left even after the
  // most idle connection was closed: the caller should not ask again before some time has passed.
  // At a `proxy` listener connections of trusted proxies alone are kept, begin with a PROXY header,
  // and are not counted against their prefix.
  [[nodiscard]] bool Accept(int listen_fd, bool proxy, int64_t now_ns);
  // Handles an epoll event whose pointer is a connection of this front.
  void Serve(EventSource* source, uint32_t events, const EngineView& view, int64_t now_ns);
  void CloseIdle(int64_t now_ns);
  // Frees closed connections. Call it when no event of the round can name one any more.
  void Sweep();

  size_t connection_count() const;

 private:
  class Connection;
  using List = std::list<Connection>;

  void Admit(UniqueFd fd, const IpAddress& peer, bool proxy, int64_t now_ns);
  void Read(Connection& c);
  // False while the header is not whole, or closed because it is none.
  bool TakeProxyHeader(Connection& c);
  void AnswerFrames(Connection& c, const EngineView& view, int64_t now_ns);
  void AppendReply(Connection& c, absl::Span<const uint8_t> message, const EngineView& view);
  void AppendFrame(Connection& c, size_t size);
  void Tap(const Connection& c, absl::Span<const uint8_t> query, size_t reply_size);
  // False when the peer is gone.
  bool Flush(Connection& c, int64_t now_ns);
  void Arm(Connection& c);
  void Touch(Connection& c, int64_t now_ns);
  void Close(Connection& c);
  void EvictMostIdle();
  void EvictMostIdleOf(const IpAddress& prefix);

  const int epoll_fd_;
  const TcpLimits limits_;
  Engine& engine_;
  DnsCounters& counters_;
  TapRing* const tap_;
  std::vector<uint8_t> reply_;  // one framed reply
  List connections_;
  List closed_;
  absl::flat_hash_map<IpAddress, size_t> per_prefix_;  // not proxied; no zeros
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_TCP_FRONT_H_
