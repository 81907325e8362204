#include "dns/server/tcp_front.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <memory>
#include <utility>

#include "base/proxy_header.h"

namespace spillway::dns {
namespace {

constexpr size_t kFrameHeaderSize = 2;  // RFC 1035 4.2.2
// Input of an idle connection larger than this is given back.
constexpr size_t kInCapacityKept = 4096;
// Connections taken in one turn, so that a flood of them leaves room for questions.
constexpr int kAcceptsPerTurn = 64;

// Whom one network may be: an IPv4 /24, an IPv6 /56 (RFC 6177 2).
IpAddress PrefixOf(const IpAddress& peer) { return peer.Masked(peer.is_v4() ? 24 : 56); }

}  // namespace

class TcpFront::Connection : public EventSource {
 public:
  Connection(UniqueFd socket, const IpAddress& from, bool proxy, int64_t now_ns)
      : EventSource(Kind::kTcpConnection),
        fd(std::move(socket)),
        peer(from),
        client(from),
        proxied(proxy),
        awaits_proxy(proxy),
        active_ns(now_ns) {}

  // The next whole message, or empty when there is none; `*whole` tells which.
  absl::Span<const uint8_t> NextFrame(bool* whole) const {
    const size_t have = in.size() - in_begin;
    *whole = false;
    if (have < kFrameHeaderSize) return {};
    const size_t size = static_cast<size_t>(in[in_begin]) << 8 | in[in_begin + 1];
    if (have < kFrameHeaderSize + size) return {};
    *whole = true;
    return absl::MakeConstSpan(in).subspan(in_begin + kFrameHeaderSize, size);
  }
  size_t out_waiting() const { return out.size() - out_begin; }
  // Of frames and transfers both: while this is false nothing more is made for the peer.
  bool has_room() const { return out_waiting() < kOutSizeMax; }

  UniqueFd fd;
  const IpAddress peer;  // of the socket
  IpAddress client;      // the same, or whom the proxy names
  const bool proxied;    // of no prefix's share
  bool awaits_proxy;     // its header has not come yet
  int64_t active_ns;
  std::vector<uint8_t> in;   // in_begin.. not answered yet
  std::vector<uint8_t> out;  // out_begin.. not sent yet
  size_t in_begin = 0;
  size_t out_begin = 0;
  std::unique_ptr<ZoneTransfer> transfer;  // under way; what came behind it waits
  uint32_t armed = 0;                      // epoll events asked for
  bool ended = false;                      // the peer sends no more
  bool open = true;
  std::list<Connection>::iterator self;
};

TcpFront::TcpFront(int epoll_fd, TcpLimits limits, Engine* engine, DnsCounters* counters,
                   TapRing* tap)
    : epoll_fd_(epoll_fd),
      limits_(limits),
      engine_(*engine),
      counters_(*counters),
      tap_(tap),
      reply_(kFrameHeaderSize + kTcpSizeMax) {}

TcpFront::~TcpFront() = default;

bool TcpFront::Accept(int listen_fd, bool proxy, int64_t now_ns) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage address;
    socklen_t size = sizeof address;
    UniqueFd fd(accept4(listen_fd, reinterpret_cast<sockaddr*>(&address), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return true;
      if (connections_.empty()) return false;
      EvictMostIdle();
      continue;
    }
    const IpAddress peer = IpAddress::FromSockaddr(address);
    if (proxy && !AnyContains(limits_.trusted_proxies, peer)) {
      counters_.proxy_refused.Add();
      continue;
    }
    Admit(std::move(fd), peer, proxy, now_ns);
  }
  return true;
}

void TcpFront::Admit(UniqueFd fd, const IpAddress& peer, bool proxy, int64_t now_ns) {
  const IpAddress prefix = PrefixOf(peer);
  if (auto it = per_prefix_.find(prefix);
      !proxy && it != per_prefix_.end() && it->second >= limits_.prefix_connections_max) {
    EvictMostIdleOf(prefix);
  } else if (connections_.size() >= limits_.connections_max) {
    EvictMostIdle();
  }
  connections_.emplace_back(std::move(fd), peer, proxy, now_ns);
  if (!proxy) ++per_prefix_[prefix];
  Connection& c = connections_.back();
  c.self = std::prev(connections_.end());
  counters_.tcp_accepted.Add();
  epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<EventSource*>(&c)}};
  c.armed = EPOLLIN;
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, c.fd.get(), &event) != 0) Close(c);
}

bool TcpFront::TakeProxyHeader(Connection& c) {
  ProxyHeader header;
  switch (ParseProxyHeader(c.in, &header)) {
    case ProxyParse::kMore:
      if (c.ended) Close(c);
      return false;
    case ProxyParse::kBad:
      counters_.proxy_refused.Add();
      Close(c);
      return false;
    case ProxyParse::kOk:
      break;
  }
  c.awaits_proxy = false;
  if (header.client) c.client = *header.client;
  c.in_begin = header.size;
  return true;
}

void TcpFront::Serve(EventSource* source, uint32_t events, const EngineView& view, int64_t now_ns) {
  Connection& c = *static_cast<Connection*>(source);
  if (!c.open) return;  // closed by an earlier event of the same round
  if ((events & EPOLLERR) != 0) return Close(c);
  if ((events & EPOLLOUT) != 0 && !Flush(c, now_ns)) return Close(c);
  if ((events & (EPOLLIN | EPOLLHUP)) != 0) Read(c);
  if (!c.open || (c.awaits_proxy && !TakeProxyHeader(c))) return;
  AnswerFrames(c, view, now_ns);
}

void TcpFront::Read(Connection& c) {
  const size_t before = c.in.size();
  c.in.resize(before + kReadSize);
  const ssize_t count = recv(c.fd.get(), c.in.data() + before, kReadSize, 0);
  c.in.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
  if (count == 0) c.ended = true;
  if (count < 0 && errno != EAGAIN && errno != EINTR) Close(c);
}

// Answers whole frames until the output is full or the frames are used up, and sends.
void TcpFront::AnswerFrames(Connection& c, const EngineView& view, int64_t now_ns) {
  bool more = true;
  int transfer_messages = kTransferMessagesPerTurn;
  while (more) {
    bool whole = false;
    absl::Span<const uint8_t> message = c.NextFrame(&whole);
    while (c.transfer == nullptr && whole && c.has_room()) {
      AppendReply(c, message, view);
      c.in_begin += kFrameHeaderSize + message.size();
      Touch(c, now_ns);
      message = c.NextFrame(&whole);
    }
    for (; c.transfer != nullptr && c.has_room() && transfer_messages > 0; --transfer_messages) {
      AppendFrame(c,
                  c.transfer->Next(view.unix_s, absl::MakeSpan(reply_).subspan(kFrameHeaderSize)));
      if (c.transfer->done()) c.transfer = nullptr;
    }
    if (!Flush(c, now_ns)) return Close(c);
    more = c.has_room() && (c.transfer == nullptr ? whole : transfer_messages > 0);
  }
  c.in.erase(c.in.begin(), c.in.begin() + static_cast<ptrdiff_t>(c.in_begin));
  c.in_begin = 0;
  if (c.in.empty() && c.in.capacity() > kInCapacityKept) std::vector<uint8_t>().swap(c.in);
  if (c.ended && c.out_waiting() == 0 && c.transfer == nullptr) return Close(c);
  Arm(c);
}

void TcpFront::Tap(const Connection& c, absl::Span<const uint8_t> query, size_t reply_size) {
  TapFacts facts;
  facts.tcp = true;
  facts.client.address = c.client;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (c.client == c.peer &&
      getpeername(c.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    facts.client.port = Endpoint::FromSockaddr(address).port;
  }
  size = sizeof address;
  if (getsockname(c.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0)
    facts.server = Endpoint::FromSockaddr(address);
  tap_->Add(facts, query, absl::MakeConstSpan(reply_).subspan(kFrameHeaderSize, reply_size));
}

void TcpFront::AppendReply(Connection& c, absl::Span<const uint8_t> message,
                           const EngineView& view) {
  const size_t size = engine_.Answer(view, message, c.client, Transport::kTcp,
                                     absl::MakeSpan(reply_).subspan(kFrameHeaderSize));
  if (tap_ != nullptr && tap_->Due()) Tap(c, message, size);
  if (size == 0) return;
  AppendFrame(c, size);
  std::unique_ptr<ZoneTransfer> transfer = engine_.TakeTransfer();
  if (transfer != nullptr && !transfer->done()) c.transfer = std::move(transfer);
}

// The message of `size` octets that stands in reply_ behind its frame's header.
void TcpFront::AppendFrame(Connection& c, size_t size) {
  reply_[0] = static_cast<uint8_t>(size >> 8);
  reply_[1] = static_cast<uint8_t>(size);
  c.out.insert(c.out.end(), reply_.begin(),
               reply_.begin() + static_cast<ptrdiff_t>(kFrameHeaderSize + size));
}

bool TcpFront::Flush(Connection& c, int64_t now_ns) {
  while (c.out_waiting() > 0) {
    const ssize_t sent =
        send(c.fd.get(), c.out.data() + c.out_begin, c.out_waiting(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    c.out_begin += static_cast<size_t>(sent);
    Touch(c, now_ns);
  }
  std::vector<uint8_t>().swap(c.out);
  c.out_begin = 0;
  return true;
}

// Asks for input unless the peer ended it or does not take its replies; for output room while
// needed.
void TcpFront::Arm(Connection& c) {
  uint32_t events = 0;
  if (!c.ended && c.has_room() && c.transfer == nullptr) events |= EPOLLIN;
  if (c.out_waiting() > 0 || c.transfer != nullptr) events |= EPOLLOUT;
  if (events == c.armed) return;
  c.armed = events;
  epoll_event event{.events = events, .data = {.ptr = static_cast<EventSource*>(&c)}};
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, c.fd.get(), &event) != 0) Close(c);
}

void TcpFront::Touch(Connection& c, int64_t now_ns) {
  c.active_ns = now_ns;
  connections_.splice(connections_.end(), connections_, c.self);
}

void TcpFront::Close(Connection& c) {
  c.open = false;
  c.fd.Reset();  // leaves the epoll set with it
  closed_.splice(closed_.end(), connections_, c.self);
  if (c.proxied) return;
  auto it = per_prefix_.find(PrefixOf(c.peer));
  if (--it->second == 0) per_prefix_.erase(it);
}

void TcpFront::EvictMostIdle() {
  counters_.tcp_evicted.Add();
  Close(connections_.front());
}

// O(connections), but the most idle ones come first, and only who has its share pays.
void TcpFront::EvictMostIdleOf(const IpAddress& prefix) {
  for (Connection& c : connections_) {
    if (c.proxied || PrefixOf(c.peer) != prefix) continue;
    counters_.tcp_evicted.Add();
    return Close(c);
  }
}

void TcpFront::Sweep() { closed_.clear(); }

size_t TcpFront::connection_count() const { return connections_.size(); }

void TcpFront::CloseIdle(int64_t now_ns) {
  while (!connections_.empty() && now_ns - connections_.front().active_ns > limits_.idle_ns_max) {
    counters_.tcp_closed_idle.Add();
    Close(connections_.front());
  }
}

}  // namespace spillway::dns
