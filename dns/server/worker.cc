#include "dns/server/worker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/status.h"

namespace spillway::dns {
namespace {

constexpr int kEventsPerTurn = 64;
// How often idle connections are looked for while there are any; half a second late is in time.
constexpr int kTickMs = 500;
constexpr int kForeverMs = -1;
// Batches taken from one UDP socket before others get their turn: some 2 ms.
constexpr int kBatchesPerTurn = 16;
// While so many were answered as many more have come, most likely, and no event need say so.
constexpr size_t kBusyBatch = UdpSocket::kBatch / 4;

}  // namespace

Worker::Worker(UniqueFd epoll, UniqueFd stop, const DnsSources& sources,
               const EngineOptions& engine, const TcpLimits& tcp, const Clock& clock)
    : epoll_(std::move(epoll)),
      stop_(std::move(stop)),
      zones_(*sources.zones),
      plan_(*sources.plan),
      clock_(clock),
      answers_(engine.books.log),
      tap_(sources.tap == nullptr ? nullptr : sources.tap->ring(engine.books.worker)),
      trusted_proxies_(tcp.trusted_proxies),
      engine_(engine, &counters_),
      tcp_(epoll_.get(), tcp, &engine_, &counters_, tap_) {
  if (sources.cookies != nullptr) cookies_.emplace(*sources.cookies);
  if (sources.transfers != nullptr) transfers_.emplace(*sources.transfers);
}

absl::StatusOr<std::unique_ptr<Worker>> Worker::Create(std::vector<SocketPair> sockets,
                                                       const DnsSources& sources,
                                                       const EngineOptions& engine,
                                                       const TcpLimits& tcp, const Clock& clock) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  UniqueFd stop(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll.valid() || !stop.valid())
    return absl::ErrnoToStatus(errno, "dns: cannot make an event queue");
  std::unique_ptr<Worker> worker(
      new Worker(std::move(epoll), std::move(stop), sources, engine, tcp, clock));
  RETURN_IF_ERROR(worker->Watch(worker->stop_.get(), &worker->stop_source_));
  if (sources.cookies != nullptr || sources.transfers != nullptr || engine.rate.per_second != 0)
    RETURN_IF_ERROR(worker->StartTicking());
  for (SocketPair& pair : sockets) {
    if (pair.udp.valid()) {
      UdpOptions options;
      options.local = pair.endpoint;
      options.keep_destination = IsWildcard(pair.endpoint.address);
      options.reply_size_max = engine.udp_size_max;
      options.proxies = pair.proxy ? &worker->trusted_proxies_ : nullptr;
      options.tap = worker->tap_;
      UdpSource& udp = worker->udp_.emplace_back(std::move(pair.udp), options);
      RETURN_IF_ERROR(worker->Watch(udp.socket.fd(), &udp));
    }
    if (pair.tcp.valid()) {
      ListenSource& listener = worker->listeners_.emplace_back(std::move(pair.tcp), pair.proxy);
      RETURN_IF_ERROR(worker->Watch(listener.fd.get(), &listener));
    }
  }
  return worker;
}

absl::Status Worker::Watch(int fd, EventSource* source) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = source}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "dns: cannot watch a socket");
}

absl::Status Worker::StartTicking() {
  timer_ = UniqueFd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  const itimerspec every_second{.it_interval = {1, 0}, .it_value = {1, 0}};
  if (!timer_.valid() || timerfd_settime(timer_.get(), 0, &every_second, nullptr) != 0)
    return absl::ErrnoToStatus(errno, "dns: cannot make a timer");
  unix_s_ = static_cast<uint32_t>(absl::ToUnixSeconds(clock_.Now()));
  return Watch(timer_.get(), &tick_source_);
}

void Worker::Tick() {
  uint64_t ticks = 0;
  if (read(timer_.get(), &ticks, sizeof ticks) != sizeof ticks) return;
  unix_s_ = static_cast<uint32_t>(absl::ToUnixSeconds(clock_.Now()));
}

void Worker::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Worker::Stop() {
  if (!thread_.joinable()) return;
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

EngineView Worker::View() {
  return EngineView{.zones = zones_.Get(),
                    .plan = plan_.Get(),
                    .cookies = cookies_ ? cookies_->Get() : nullptr,
                    .unix_s = unix_s_,
                    .transfers = transfers_ ? transfers_->Get() : nullptr};
}

void Worker::CommitAnswers() {
  if (answers_ != nullptr && answers_->pending()) answers_->Commit(clock_.Now());
}

void Worker::Run() {
  std::array<epoll_event, kEventsPerTurn> events;
  while (true) {
    const bool need_tick = tcp_.connection_count() > 0 || listeners_paused_ > 0;
    const int count =
        epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, need_tick ? kTickMs : kForeverMs);
    int64_t now_ns = 0;  // read when something of TCP needs it
    auto now = [&] { return now_ns != 0 ? now_ns : now_ns = clock_.MonotonicNanos(); };
    for (int i = 0; i < count; ++i) {
      auto* source = static_cast<EventSource*>(events[static_cast<size_t>(i)].data.ptr);
      switch (source->kind()) {
        case EventSource::Kind::kStop:
          return;
        case EventSource::Kind::kTick:
          Tick();
          break;
        case EventSource::Kind::kUdp:
          ServeUdp(static_cast<UdpSource*>(source)->socket);
          break;
        case EventSource::Kind::kTcpListener:
          Accept(*static_cast<ListenSource*>(source), now());
          break;
        case EventSource::Kind::kTcpConnection:
          tcp_.Serve(source, events[static_cast<size_t>(i)].events, View(), now());
          CommitAnswers();
          break;
      }
    }
    if (need_tick) {
      tcp_.CloseIdle(now());
      ResumeListeners(now());
    }
    tcp_.Sweep();
  }
}

void Worker::ServeUdp(UdpSocket& socket) {
  for (int batch = 0; batch < kBatchesPerTurn; ++batch) {
    const size_t count = socket.Receive();
    if (count == 0) return;
    const bool timed = timed_.Due();
    const int64_t began_ns = timed ? clock_.MonotonicNanos() : 0;
    socket.Reply(View(), &engine_, &counters_);
    if (timed) counters_.udp_latency.Add(clock_.MonotonicNanos() - began_ns, count);
    CommitAnswers();
    if (count < kBusyBatch) return;
  }
}

// With no descriptor left the listener would be ready for ever; it rests for a while.
void Worker::Accept(ListenSource& listener, int64_t now_ns) {
  if (tcp_.Accept(listener.fd.get(), listener.proxy, now_ns)) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.fd.get(), nullptr);
  listener.paused_until_ns = now_ns + int64_t{kTickMs} * 1'000'000;
  ++listeners_paused_;
}

void Worker::ResumeListeners(int64_t now_ns) {
  if (listeners_paused_ == 0) return;
  for (ListenSource& listener : listeners_) {
    if (listener.paused_until_ns == 0 || now_ns < listener.paused_until_ns) continue;
    if (!Watch(listener.fd.get(), &listener).ok()) continue;
    listener.paused_until_ns = 0;
    --listeners_paused_;
  }
}

}  // namespace spillway::dns
