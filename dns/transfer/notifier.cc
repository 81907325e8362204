#include "dns/transfer/notifier.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/time/time.h"
#include "base/hash.h"
#include "base/log.h"
#include "dns/wire/name.h"
#include "dns/wire/types.h"
#include "dns/wire/writer.h"

namespace spillway::dns {
namespace {

constexpr size_t kMessageSizeMax = 4096;  // names, SOA and the longest TSIG are under 2 KiB
constexpr uint16_t kNotifyFlags =
    static_cast<uint16_t>(static_cast<unsigned>(Opcode::kNotify) << 11) | kFlagAa;  // RFC 1996 3.7
constexpr uint16_t kRcodeMask = 0xf;

UniqueFd OpenUdp(int family) {
  return UniqueFd(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// RFC 1996 3.7: the question, and the SOA as a hint.
void WriteNotify(uint16_t id, const RecordView& soa, Writer* writer) {
  writer->U16(id);
  writer->U16(kNotifyFlags);
  writer->U16(1);
  writer->U16(1);
  writer->U32(0);
  writer->Bytes(soa.owner);
  writer->U16(static_cast<uint16_t>(RrType::kSoa));
  writer->U16(static_cast<uint16_t>(RrClass::kIn));
  writer->Bytes(soa.owner);
  writer->U16(static_cast<uint16_t>(RrType::kSoa));
  writer->U16(static_cast<uint16_t>(RrClass::kIn));
  writer->U32(soa.ttl_s);
  writer->U16(static_cast<uint16_t>(soa.rdata.size()));
  writer->Bytes(soa.rdata);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Notifier>> Notifier::Start(const Clock& clock, uint64_t seed) {
  std::unique_ptr<Notifier> notifier(new Notifier(clock, seed));
  notifier->wake_ = UniqueFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  notifier->v4_ = OpenUdp(AF_INET);
  notifier->v6_ = OpenUdp(AF_INET6);
  if (!notifier->wake_.valid() || (!notifier->v4_.valid() && !notifier->v6_.valid()))
    return absl::ErrnoToStatus(errno, "notify: cannot open a socket");
  notifier->thread_ = std::thread([raw = notifier.get()] { raw->Run(); });
  return notifier;
}

Notifier::~Notifier() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Notifier::Update(std::shared_ptr<const TransferTable> table) {
  {
    MutexLock lock(mu_);
    next_ = std::move(table);
  }
  eventfd_write(wake_.get(), 1);
}

uint64_t Notifier::UnixSeconds() const {
  return static_cast<uint64_t>(absl::ToUnixSeconds(clock_.Now()));
}

void Notifier::Run() {
  for (;;) {
    std::array<pollfd, 3> waiting = {{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                      {.fd = v4_.get(), .events = POLLIN, .revents = 0},
                                      {.fd = v6_.get(), .events = POLLIN, .revents = 0}}};
    poll(waiting.data(), waiting.size(), WaitMillis());
    eventfd_t ignored = 0;
    if (waiting[0].revents != 0) eventfd_read(wake_.get(), &ignored);
    std::shared_ptr<const TransferTable> table;
    {
      MutexLock lock(mu_);
      if (stop_) return;
      table = std::move(next_);
      next_ = nullptr;
    }
    if (table != nullptr) Take(*table);
    for (int fd : {v4_.get(), v6_.get()}) {
      if (fd >= 0) Receive(fd);
    }
    SendDue();
  }
}

int Notifier::WaitMillis() const {
  if (notices_.empty()) return -1;
  const int64_t turn_ns = absl::ToInt64Nanoseconds(kTurn);
  int64_t due_ns = INT64_MAX;
  for (const auto& entry : notices_) due_ns = std::min(due_ns, entry.second.due_ns);
  // Not before the next turn.
  const int64_t wait_ns = std::max(due_ns - clock_.MonotonicNanos(), turn_ns);
  return static_cast<int>(wait_ns / 1'000'000);
}

void Notifier::Take(const TransferTable& table) {
  std::map<Key, uint32_t> told;
  std::map<Key, Notice> kept;
  for (const auto& copy : table.copies()) {
    for (const Secondary& to : table.secondaries()) {
      const Key key(copy.first, to.to);
      const uint32_t serial = copy.second->serial();
      const auto before = told_.find(key);
      told.emplace(key, serial);
      if (before == told_.end() || before->second != serial) {
        kept[key] = {.to = to, .copy = copy.second, .due_ns = clock_.MonotonicNanos()};
      } else if (const auto running = notices_.find(key); running != notices_.end()) {
        kept.insert(notices_.extract(running));
      }
    }
  }
  notices_ = std::move(kept);
  told_ = std::move(told);
}

void Notifier::SendDue() {
  const int64_t now_ns = clock_.MonotonicNanos();
  if (now_ns < paced_until_ns_) return;  // a reply or a new table woke us
  int sends = kSendsPerTurn;
  for (auto it = notices_.begin(); it != notices_.end() && sends > 0;) {
    Notice& notice = it->second;
    if (notice.due_ns > now_ns) {
      ++it;
    } else if (notice.attempts == kAttemptsMax) {
      given_up_.Add();
      LogWarning(
          "notify: %s does not answer for zone %s, serial %d; it will see it by its own "
          "refresh",
          notice.to.to.ToString(), NameToText(notice.copy->zone().apex()), notice.copy->serial());
      it = notices_.erase(it);
    } else {
      Send(notice);
      notice.due_ns = now_ns + (int64_t{1'000'000'000} << notice.attempts++);
      --sends;
      ++it;
    }
  }
  if (sends < kSendsPerTurn) paced_until_ns_ = now_ns + absl::ToInt64Nanoseconds(kTurn);
}

void Notifier::Send(Notice& notice) {
  if (notice.attempts == 0) notice.id = static_cast<uint16_t>(seed_ = Mix64(seed_));
  std::array<uint8_t, kMessageSizeMax> out;
  Writer writer(absl::MakeSpan(out));
  WriteNotify(notice.id, notice.copy->soa(), &writer);
  notice.signature.reset();
  if (notice.to.key != nullptr) {
    notice.signature = TsigSession::Ask(notice.to.key);
    notice.signature->Sign(UnixSeconds(), &writer);
  }
  sockaddr_storage address;
  const socklen_t size = notice.to.to.address.ToSockaddr(notice.to.to.port, &address);
  const int fd = notice.to.to.address.is_v4() ? v4_.get() : v6_.get();
  // A failure is an answer that does not come: tried again, then given up.
  sendto(fd, out.data(), writer.size(), 0, reinterpret_cast<const sockaddr*>(&address), size);
  sent_.Add();
}

void Notifier::Receive(int fd) {
  std::array<uint8_t, kMessageSizeMax> in;
  for (int i = 0; i < kSendsPerTurn; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const ssize_t count =
        recvfrom(fd, in.data(), in.size(), 0, reinterpret_cast<sockaddr*>(&address), &size);
    if (count < 0) return;
    const absl::Span<const uint8_t> reply(in.data(), static_cast<size_t>(count));
    const Endpoint from = Endpoint::FromSockaddr(address);
    const auto it = std::find_if(notices_.begin(), notices_.end(), [&](const auto& entry) {
      return Answers(entry.second, reply, from);
    });
    if (it == notices_.end()) continue;
    const int rcode = Load16(&reply[kFlagsOffset]) & kRcodeMask;
    (rcode == 0 ? acknowledged_ : refused_).Add();
    if (rcode != 0) {
      LogWarning("notify: %s answered RCODE %d for zone %s", from.ToString(), rcode,
                 NameToText(it->second.copy->zone().apex()));
    }
    notices_.erase(it);
  }
}

bool Notifier::Answers(const Notice& notice, absl::Span<const uint8_t> reply,
                       const Endpoint& from) const {
  if (notice.attempts == 0 || reply.size() < kHeaderSize || notice.to.to != from) return false;
  const uint16_t flags = Load16(&reply[kFlagsOffset]);
  if (Load16(&reply[0]) != notice.id || (flags & kFlagQr) == 0 ||
      (flags & kOpcodeMask) != (kNotifyFlags & kOpcodeMask)) {
    return false;
  }
  if (!notice.signature) return true;
  const std::optional<size_t> tsig = FindTsig(reply);
  return tsig && notice.signature->Accepts(reply, *tsig, UnixSeconds());
}

void Notifier::WriteMetrics(MetricsWriter* out) const {
  out->Family("spillway_dns_notify_total", "counter",
              "NOTIFY messages sent, and what became of each notice.");
  const std::pair<const char*, const SharedCounter*> kRows[] = {{"sent", &sent_},
                                                                {"acknowledged", &acknowledged_},
                                                                {"refused", &refused_},
                                                                {"given_up", &given_up_}};
  for (const auto& row : kRows)
    out->Sample({{"event", row.first}}, static_cast<double>(row.second->Get()));
}

}  // namespace spillway::dns
