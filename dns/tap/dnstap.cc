#include "dns/tap/dnstap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "dns/tap/dnstap_frame.h"

namespace spillway::dns {
namespace {

constexpr absl::Duration kTurn = absl::Milliseconds(100);
constexpr int64_t kRetryNs = 1'000'000'000;
// A reader that takes nothing for this long has hung; the rings hold what comes meanwhile.
constexpr int kPatienceMs = 1000;
constexpr size_t kHandshakeSizeMax = 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<Dnstap>> Dnstap::Start(DnstapOptions options, size_t workers,
                                                      const Clock& clock) {
  std::unique_ptr<Dnstap> tap(new Dnstap(std::move(options), clock));
  for (size_t i = 0; i < workers; ++i)
    tap->rings_.push_back(std::make_unique<TapRing>(clock, tap->options_.every));
  if (!tap->options_.file.empty()) {
    tap->out_ =
        UniqueFd(open(tap->options_.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!tap->out_.valid() || !tap->Write(ControlFrame(FrameControl::kStart)))
      return absl::ErrnoToStatus(errno, absl::StrCat("dnstap: cannot write ", tap->options_.file));
  } else if (tap->options_.socket.size() >= sizeof sockaddr_un{}.sun_path) {
    return absl::InvalidArgumentError(absl::StrCat("dnstap: the socket's path is longer than ",
                                                   sizeof sockaddr_un{}.sun_path - 1));
  }
  tap->turns_.emplace(kTurn, [raw = tap.get()] { raw->Turn(); });
  return tap;
}

Dnstap::~Dnstap() {
  if (!turns_) return;
  turns_.reset();
  Finish();
}

void Dnstap::Turn() {
  if (!options_.socket.empty() && !out_.valid() && clock_.MonotonicNanos() >= retry_ns_ &&
      !Connect()) {
    out_.Reset();
    retry_ns_ = clock_.MonotonicNanos() + kRetryNs;
  }
  for (const auto& ring : rings_) {
    ring->Drain([this](const TapFacts& facts, absl::Span<const uint8_t> query,
                       absl::Span<const uint8_t> reply) {
      if (!out_.valid()) return lost_.Add();
      std::string frames =
          TapFrame(options_.identity, options_.version, TapKind::kAuthQuery, facts, query);
      if (!reply.empty()) {
        frames +=
            TapFrame(options_.identity, options_.version, TapKind::kAuthResponse, facts, reply);
      }
      if (Write(frames)) return written_.Add();
      lost_.Add();
      out_.Reset();
      retry_ns_ = clock_.MonotonicNanos() + kRetryNs;
    });
  }
}

// True when the reader wants our frames.
bool Dnstap::Connect() {
  out_ = UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, options_.socket.data(), options_.socket.size());
  if (!out_.valid() ||
      connect(out_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return false;
  if (!Write(ControlFrame(FrameControl::kReady)) ||
      !Receive(static_cast<uint32_t>(FrameControl::kAccept)) ||
      !Write(ControlFrame(FrameControl::kStart))) {
    if (!std::exchange(refused_, true))
      LogWarning("dnstap: the reader at %s does not take %s", options_.socket, kDnstapContentType);
    return false;
  }
  refused_ = false;
  return true;
}

bool Dnstap::WaitFor(short events) const {
  pollfd waiting{.fd = out_.get(), .events = events, .revents = 0};
  return poll(&waiting, 1, kPatienceMs) == 1;
}

bool Dnstap::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    // Files know no MSG_NOSIGNAL; SIGPIPE is ignored by the program.
    const ssize_t count = write(out_.get(), bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {
      if (!WaitFor(POLLOUT)) return false;
    } else if (count >= 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool Dnstap::Receive(uint32_t wanted) {
  std::string got;
  while (got.size() < kHandshakeSizeMax) {
    char octets[kHandshakeSizeMax];
    if (!WaitFor(POLLIN)) return false;
    const ssize_t count = recv(out_.get(), octets, sizeof octets, 0);
    if (count <= 0) return false;
    got.append(octets, static_cast<size_t>(count));
    size_t size = 0;
    if (auto control = ReadControlFrame(got, &size))
      return static_cast<uint32_t>(*control) == wanted;
  }
  return false;
}

void Dnstap::Finish() {
  if (!out_.valid() || !Write(ControlFrame(FrameControl::kStop))) return;
  // A reader of the bidirectional protocol says that it has everything.
  if (!options_.socket.empty()) Receive(static_cast<uint32_t>(FrameControl::kFinish));
}

void Dnstap::WriteMetrics(MetricsWriter* out) const {
  uint64_t dropped = 0;
  for (const auto& ring : rings_) dropped += ring->dropped();
  out->Family("spillway_dnstap_messages_total", "counter",
              "Sampled exchanges: written, lost for want of a reader, or dropped as the ring was "
              "full.");
  out->Sample({{"outcome", "written"}}, static_cast<double>(written_.Get()));
  out->Sample({{"outcome", "lost"}}, static_cast<double>(lost_.Get()));
  out->Sample({{"outcome", "dropped"}}, static_cast<double>(dropped));
}

}  // namespace spillway::dns
