#include "http/server/worker.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/proxy_header.h"

namespace spillway::http {
namespace {

// One recv takes at most this: a turn stays short, ~1'000 pipelined requests.
constexpr size_t kScratchSize = 64 << 10;
// What a refused peer may still send before we stop listening to it: a body it had begun, not more.
constexpr size_t kLingerOctetsMax = 256 << 10;
constexpr size_t kEventsMax = 256;
constexpr int kAcceptsPerTurnMax = 256;
constexpr int kPausedAcceptMillis = 100;
constexpr int64_t kWaitMillisMax = 60'000;
// A buffer that one large answer has grown beyond this is given back.
constexpr size_t kKeptCapacityMax = 1 << 20;

}  // namespace

Worker::Worker(const WorkerLimits& limits, std::unique_ptr<Handler> handler,
               std::vector<WorkerListener> listeners, const Clock& clock)
    : limits_(limits),
      clock_(clock),
      handler_(std::move(handler)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      listeners_(std::move(listeners)),
      scratch_(new char[kScratchSize]) {
  CHECK(epoll_.valid() && wake_.valid());
  context_.handler = handler_.get();
  context_.counters = &counters_.session;
  context_.body_size_max = limits_.body_size_max;
  context_.output_size_max = limits_.output_size_max;
  Watch(wake_.get(), EPOLL_CTL_ADD, EPOLLIN, nullptr);
  for (const WorkerListener& listener : listeners_)
    Watch(listener.fd.get(), EPOLL_CTL_ADD, EPOLLIN, this);
}

Worker::~Worker() = default;

void Worker::Watch(int fd, int operation, uint32_t events, void* tag) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = tag;
  CHECK(epoll_ctl(epoll_.get(), operation, fd, &event) == 0);
}

void Worker::RequestStop() {
  stop_requested_.store(true, std::memory_order_release);
  Wake();
}

void Worker::Wake() {
  uint64_t one = 1;
  // Fails only when the counter is full, and then the worker wakes anyway.
  if (write(wake_.get(), &one, sizeof(one)) < 0) return;
}

void Worker::ReadClock() {
  now_ns_ = clock_.MonotonicNanos();
  absl::Time now = clock_.Now();
  int64_t second = absl::ToUnixSeconds(now);
  if (second == date_second_) return;
  date_second_ = second;
  date_ = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now, absl::UTCTimeZone());
  context_.date = date_;
}

int Worker::WaitMillis() const {
  int64_t until = INT64_MAX;
  if (context_.stopping) until = stop_deadline_ns_;
  for (size_t i = 0; i < kPhaseCount; ++i) {
    if (const Connection* front = queues_[i].front(); front != nullptr) {
      until = std::min(until, front->since_ns + absl::ToInt64Nanoseconds(limits_.patience[i]));
    }
  }
  if (until == INT64_MAX) return accept_paused_ ? kPausedAcceptMillis : -1;
  int64_t millis = std::clamp<int64_t>((until - now_ns_ + 999'999) / 1'000'000, 0, kWaitMillisMax);
  if (accept_paused_) millis = std::min<int64_t>(millis, kPausedAcceptMillis);
  return static_cast<int>(millis);
}

void Worker::Run() {
  std::array<epoll_event, kEventsMax> events;
  ReadClock();
  for (;;) {
    int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), WaitMillis());
    ReadClock();
    for (int i = 0; i < count; ++i) {
      void* tag = events[static_cast<size_t>(i)].data.ptr;
      if (tag == nullptr) {
        uint64_t ignored;
        if (read(wake_.get(), &ignored, sizeof(ignored)) < 0) continue;
      } else if (tag == this) {
        accept_ready_ = true;
      } else {
        OnEvent(static_cast<Connection*>(tag), events[static_cast<size_t>(i)].events);
      }
    }
    if (accept_paused_) PauseAccepting(false);
    if (std::exchange(accept_ready_, false)) AcceptAll();
    Expire();
    if (!context_.stopping && stop_requested_.load(std::memory_order_acquire)) BeginStop();
    for (Connection* connection : buried_) spare_.push_back(connection);
    buried_.clear();
    if (!context_.stopping) continue;
    if (now_ns_ >= stop_deadline_ns_) CloseAll(CloseReason::kStopped);
    if (std::all_of(queues_.begin(), queues_.end(),
                    [](const auto& queue) { return queue.size() == 0; })) {
      return;
    }
  }
}

void Worker::OnEvent(Connection* connection, uint32_t events) {
  if (!connection->fd.valid()) return;  // closed earlier in this turn
  if (connection->phase == Phase::kWriting) {
    Resume(connection);
  } else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    Receive(connection);
  }
}

void Worker::Receive(Connection* connection) {
  ssize_t n = recv(connection->fd.get(), scratch_.get(), kScratchSize, 0);
  const bool lingering = connection->phase == Phase::kLingering;
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return Close(connection, lingering ? connection->linger_reason : CloseReason::kPeer);
  const auto size = static_cast<size_t>(n);
  counters_.received_octets.Add(size);
  if (lingering) {
    connection->lingered += size;
    if (connection->lingered > kLingerOctetsMax) Close(connection, connection->linger_reason);
    return;
  }
  if (connection->in.empty()) {
    Process(connection, absl::string_view(scratch_.get(), size));
  } else {
    connection->in.append(scratch_.get(), size);
    Process(connection, connection->in);
  }
}

void Worker::Process(Connection* connection, absl::string_view bytes) {
  size_t done = 0;
  Session::Next next = Session::Next::kRead;
  if (connection->awaits_proxy && !TakeProxyHeader(connection, bytes, &done)) return;
  do {
    size_t consumed = 0;
    next = connection->session.Consume(bytes.substr(done), connection->peer, context_, &out_,
                                       &consumed);
    done += consumed;
    if (out_.empty()) continue;
    size_t sent = 0;
    Sent result = Send(connection, out_, &sent);
    if (result == Sent::kBlocked) connection->out.assign(out_, sent, std::string::npos);
    out_.clear();
    if (out_.capacity() > kKeptCapacityMax) std::string().swap(out_);
    if (result == Sent::kGone) return Close(connection, CloseReason::kPeer);
  } while (next == Session::Next::kFlush && connection->out.empty());

  if (next != Session::Next::kRead && next != Session::Next::kFlush) {
    connection->ending = next;
    std::string().swap(connection->in);
  } else if (done == bytes.size()) {
    if (!connection->in.empty()) std::string().swap(connection->in);
  } else if (bytes.data() == connection->in.data()) {
    connection->in.erase(0, done);
  } else {
    connection->in.assign(bytes.data() + done, bytes.size() - done);
  }
  Settle(connection, done > 0);
}

bool Worker::TakeProxyHeader(Connection* connection, absl::string_view bytes, size_t* done) {
  ProxyHeader header;
  const ProxyParse parsed =
      ParseProxyHeader({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, &header);
  if (parsed == ProxyParse::kBad) {
    Close(connection, CloseReason::kProxy);
    return false;
  }
  if (parsed == ProxyParse::kMore) {
    if (bytes.data() != connection->in.data()) connection->in.assign(bytes.data(), bytes.size());
    Settle(connection, false);
    return false;
  }
  connection->awaits_proxy = false;
  if (header.client) connection->peer = *header.client;
  *done = header.size;
  return true;
}

Worker::Sent Worker::Send(Connection* connection, absl::string_view bytes, size_t* sent) {
  while (*sent < bytes.size()) {
    ssize_t n =
        send(connection->fd.get(), bytes.data() + *sent, bytes.size() - *sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN ? Sent::kBlocked : Sent::kGone;
    *sent += static_cast<size_t>(n);
    counters_.sent_octets.Add(static_cast<uint64_t>(n));
  }
  return Sent::kAll;
}

void Worker::Resume(Connection* connection) {
  size_t before = connection->out_sent;
  switch (Send(connection, connection->out, &connection->out_sent)) {
    case Sent::kGone:
      return Close(connection, CloseReason::kPeer);
    case Sent::kBlocked:
      return Settle(connection, connection->out_sent > before);
    case Sent::kAll:
      break;
  }
  std::string().swap(connection->out);
  connection->out_sent = 0;
  if (connection->ending == Session::Next::kRead && !connection->in.empty()) {
    Process(connection, connection->in);
  } else {
    Settle(connection, true);
  }
}

void Worker::Settle(Connection* connection, bool fresh) {
  uint32_t events = EPOLLIN;
  if (!connection->out.empty()) {
    Enter(connection, Phase::kWriting, fresh);
    events = EPOLLOUT;
  } else if (connection->ending == Session::Next::kClose) {
    return Close(connection, CloseReason::kDone);
  } else if (connection->ending != Session::Next::kRead) {
    Linger(connection);
  } else {
    Enter(connection, connection->in.empty() ? Phase::kIdle : Phase::kReading, fresh);
  }
  if (events == connection->events) return;
  connection->events = events;
  Watch(connection->fd.get(), EPOLL_CTL_MOD, events, connection);
}

// RFC 9112 9.6: closing a socket with unread octets resets it, which may overtake our answer.
void Worker::Linger(Connection* connection) {
  if (connection->ending == Session::Next::kRefused &&
      connection->linger_reason == CloseReason::kDone) {
    connection->linger_reason = CloseReason::kRefused;
  }
  shutdown(connection->fd.get(), SHUT_WR);
  Enter(connection, Phase::kLingering, true);
}

void Worker::Enter(Connection* connection, Phase phase, bool fresh) {
  if (connection->phase == phase && !fresh) return;
  QueueOf(connection->phase).Remove(connection);
  connection->phase = phase;
  connection->since_ns = now_ns_;
  QueueOf(phase).PushBack(connection);
}

void Worker::Close(Connection* connection, CloseReason reason) {
  // An unfinished PROXY header is no request of anybody.
  if (!connection->in.empty() && !connection->awaits_proxy) counters_.session.abandoned.Add();
  counters_.closed[static_cast<size_t>(reason)].Add();
  QueueOf(connection->phase).Remove(connection);
  *connection = Connection();
  buried_.push_back(connection);
}

void Worker::AcceptAll() {
  for (const WorkerListener& listener : listeners_) {
    for (int i = 0; i < kAcceptsPerTurnMax && AcceptOne(listener); ++i) {
    }
  }
}

// Returns false when there is nothing more to accept now.
bool Worker::AcceptOne(const WorkerListener& listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  UniqueFd fd(accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                      SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) {
    if (errno == EAGAIN) return false;
    counters_.accept_failed.Add();
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return true;
    if (EvictMostIdle()) return true;
    PauseAccepting(true);
    return false;
  }
  counters_.accepted.Add();
  const IpAddress address = IpAddress::FromSockaddr(peer);
  if (listener.proxy && !AnyContains(limits_.trusted_proxies, address)) {
    counters_.closed[static_cast<size_t>(CloseReason::kProxy)].Add();
    return true;
  }
  size_t open = 0;
  for (const ConnectionQueue& queue : queues_) open += queue.size();
  if (open >= limits_.connections_max) EvictMostIdle();
  if (spare_.empty()) {
    connections_.push_back(std::make_unique<Connection>());
    spare_.push_back(connections_.back().get());
  }
  Connection* connection = spare_.back();
  spare_.pop_back();
  connection->fd = std::move(fd);
  connection->peer = address;
  connection->awaits_proxy = listener.proxy;
  connection->since_ns = now_ns_;
  connection->events = EPOLLIN;
  QueueOf(Phase::kIdle).PushBack(connection);
  Watch(connection->fd.get(), EPOLL_CTL_ADD, EPOLLIN, connection);
  return true;
}

void Worker::PauseAccepting(bool pause) {
  accept_paused_ = pause;
  for (const WorkerListener& listener : listeners_) {
    Watch(listener.fd.get(), EPOLL_CTL_MOD, pause ? 0 : static_cast<uint32_t>(EPOLLIN), this);
  }
}

// Answered ones first, then whoever has made no progress for longest, whatever it is waiting for.
bool Worker::EvictMostIdle() {
  Connection* victim = QueueOf(Phase::kLingering).front();
  if (victim == nullptr) {
    for (const ConnectionQueue& queue : queues_) {
      Connection* front = queue.front();
      if (front != nullptr && (victim == nullptr || front->since_ns < victim->since_ns))
        victim = front;
    }
  }
  if (victim == nullptr) return false;
  Close(victim, CloseReason::kEvicted);
  return true;
}

void Worker::Expire() {
  for (size_t i = 0; i < kPhaseCount; ++i) {
    const int64_t born_before = now_ns_ - absl::ToInt64Nanoseconds(limits_.patience[i]);
    while (queues_[i].front() != nullptr && queues_[i].front()->since_ns <= born_before) {
      ExpireOne(queues_[i].front());
    }
  }
}

void Worker::ExpireOne(Connection* connection) {
  switch (connection->phase) {
    case Phase::kIdle:
      return Close(connection, CloseReason::kIdleTimeout);
    case Phase::kWriting:
      return Close(connection, CloseReason::kSendTimeout);
    case Phase::kLingering:
      return Close(connection, connection->linger_reason);
    case Phase::kReading:
      break;
  }
  if (connection->awaits_proxy) return Close(connection, CloseReason::kReadTimeout);
  Session::RefuseLate(context_, &connection->out);
  std::string().swap(connection->in);
  connection->ending = Session::Next::kRefused;
  connection->linger_reason = CloseReason::kReadTimeout;
  Resume(connection);
}

// Whoever connected before is served; idle connections get one last look.
void Worker::BeginStop() {
  AcceptAll();
  listeners_.clear();
  context_.stopping = true;
  stop_deadline_ns_ = now_ns_ + absl::ToInt64Nanoseconds(limits_.stop_grace);
  std::vector<Connection*> idle;
  for (Connection* c = QueueOf(Phase::kIdle).front(); c != nullptr; c = c->next) idle.push_back(c);
  for (Connection* connection : idle) {
    Receive(connection);
    if (connection->fd.valid() && connection->phase == Phase::kIdle)
      Close(connection, CloseReason::kStopped);
  }
}

void Worker::CloseAll(CloseReason reason) {
  for (ConnectionQueue& queue : queues_) {
    while (queue.front() != nullptr) Close(queue.front(), reason);
  }
}

}  // namespace spillway::http
