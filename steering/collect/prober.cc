#include "steering/collect/prober.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "base/hash.h"

namespace spillway {
namespace {

constexpr double kJitter = 0.1;
// The policy's checker asks for more; this only keeps a hand-made policy from spinning.
constexpr absl::Duration kIntervalMin = absl::Milliseconds(10);
// Longest sleep of the loop: bounds the damage of a lost wake-up.
constexpr int64_t kSleepNanosMax = 1'000'000'000;

size_t CountBody(char*, size_t size, size_t count, void* user) {
  auto* received = static_cast<size_t*>(user);
  *received += size * count;
  return *received <= Prober::kAnswerSizeMax ? size * count : 0;  // 0 ends the transfer
}

Prober::Outcome OutcomeOf(CURLcode code, long status) {
  // An endless answer is cut off by us; its status still counts.
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 0)) {
    return status >= 200 && status < 400 ? Prober::Outcome::kOk : Prober::Outcome::kBadStatus;
  }
  if (code == CURLE_OPERATION_TIMEDOUT) return Prober::Outcome::kTimeout;
  if (code == CURLE_COULDNT_CONNECT) return Prober::Outcome::kConnect;
  return Prober::Outcome::kOther;
}

struct Probe {
  std::string target;
  size_t index = 0;  // in Target::probes
  ProbeSpec spec;
  int64_t due = 0;
  uint64_t rounds = 0;
  uint64_t key = 0;  // of the jitter
  bool in_flight = false;
  CURL* easy = nullptr;  // kHttp, made by the first round
  size_t received = 0;
  UniqueFd socket;       // kTcp, in flight
  int64_t deadline = 0;  // kTcp, in flight
};

}  // namespace

// The thread's side: schedule, curl handles, sockets. Used by one thread but for Wake.
class ProbeLoop {
 public:
  explicit ProbeLoop(Prober* prober) : prober_(*prober) {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    CHECK(global == CURLE_OK);
    multi_ = curl_multi_init();
    CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(prober->options_.parallel_max));
  }
  ~ProbeLoop() {
    for (auto& probe : probes_) Drop(probe.get());
    curl_multi_cleanup(multi_);
  }

  void Wake() { curl_multi_wakeup(multi_); }
  void Follow(const Policy& policy);
  void Turn();

 private:
  int64_t Now() const { return prober_.clock_->MonotonicNanos(); }
  void Drop(Probe* probe);
  double Chance(const Probe& probe) const;  // 0..1, another one each round
  void StartDue(int64_t now);
  void StartHttp(Probe* probe);
  void StartTcp(Probe* probe, int64_t now);
  void TakeHttp();
  void TakeTcp(const std::vector<curl_waitfd>& fds);
  void Finish(Probe* probe, Prober::Outcome outcome);
  int SleepMs() const;

  Prober& prober_;
  CURLM* multi_ = nullptr;
  std::vector<std::unique_ptr<Probe>> probes_;
  std::set<std::pair<int64_t, Probe*>> waiting_;  // by due time
  std::vector<Probe*> tcp_;                       // in flight
  int in_flight_ = 0;
};

double ProbeLoop::Chance(const Probe& probe) const {
  uint64_t bits = CombineHash(CombineHash(prober_.options_.seed, probe.key), probe.rounds);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

void ProbeLoop::Drop(Probe* probe) {
  waiting_.erase({probe->due, probe});
  tcp_.erase(std::remove(tcp_.begin(), tcp_.end(), probe), tcp_.end());
  if (probe->in_flight) --in_flight_;
  if (probe->easy == nullptr) return;
  curl_multi_remove_handle(multi_, probe->easy);
  curl_easy_cleanup(probe->easy);
}

void ProbeLoop::Follow(const Policy& policy) {
  std::vector<std::unique_ptr<Probe>> old = std::move(probes_);
  probes_.clear();
  StringMap<std::vector<std::unique_ptr<Probe>>> by_target;
  for (auto& probe : old) by_target[probe->target].push_back(std::move(probe));
  for (const Target& target : policy.targets) {
    auto& mine = by_target[target.name];
    for (size_t i = 0; i < target.probes.size(); ++i) {
      auto same = std::find_if(mine.begin(), mine.end(), [&](const std::unique_ptr<Probe>& p) {
        return p != nullptr && p->spec == target.probes[i];
      });
      if (same != mine.end()) {
        (*same)->index = i;
        probes_.push_back(std::move(*same));
        continue;
      }
      auto probe = std::make_unique<Probe>();
      probe->target = target.name;
      probe->index = i;
      probe->spec = target.probes[i];
      probe->key = CombineHash(StableHash(target.name), i);
      double spread = Chance(*probe) * absl::ToDoubleSeconds(probe->spec.interval);
      probe->due = Now() + static_cast<int64_t>(spread * 1e9);
      waiting_.insert({probe->due, probe.get()});
      probes_.push_back(std::move(probe));
    }
  }
  for (auto& [name, left] : by_target) {
    for (auto& probe : left) {
      if (probe != nullptr) Drop(probe.get());
    }
  }
}

void ProbeLoop::StartDue(int64_t now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now &&
         in_flight_ < prober_.options_.parallel_max) {
    Probe* probe = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    int64_t interval = absl::ToInt64Nanoseconds(std::max(probe->spec.interval, kIntervalMin));
    if (now - probe->due > interval) prober_.late_.Add();
    ++probe->rounds;
    double jitter = 1 + kJitter * (2 * Chance(*probe) - 1);
    probe->due = now + static_cast<int64_t>(static_cast<double>(interval) * jitter);
    probe->in_flight = true;
    ++in_flight_;
    if (probe->spec.kind == ProbeSpec::Kind::kHttp) {
      StartHttp(probe);
    } else {
      StartTcp(probe, now);
    }
  }
}

void ProbeLoop::StartHttp(Probe* probe) {
  if (probe->easy == nullptr) {
    CURL* easy = curl_easy_init();
    CHECK(easy != nullptr);
    probe->easy = easy;
    curl_easy_setopt(easy, CURLOPT_URL, probe->spec.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, probe);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a stuck resolver must not hold up a stop
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "spillway-probe");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, CountBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &probe->received);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, CountBody);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &probe->received);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(probe->spec.timeout)));
  }
  probe->received = 0;
  bool last_of_connection = probe->rounds % Prober::kFreshEvery == 0;
  curl_easy_setopt(probe->easy, CURLOPT_FORBID_REUSE, last_of_connection ? 1L : 0L);
  if (curl_multi_add_handle(multi_, probe->easy) != CURLM_OK)
    Finish(probe, Prober::Outcome::kOther);
}

void ProbeLoop::StartTcp(Probe* probe, int64_t now) {
  sockaddr_storage address;
  socklen_t size = probe->spec.endpoint.address.ToSockaddr(probe->spec.endpoint.port, &address);
  probe->socket.Reset(socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe->socket.valid()) return Finish(probe, Prober::Outcome::kOther);
  if (connect(probe->socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0) {
    return Finish(probe, Prober::Outcome::kOk);
  }
  if (errno != EINPROGRESS) return Finish(probe, Prober::Outcome::kConnect);
  probe->deadline = now + absl::ToInt64Nanoseconds(probe->spec.timeout);
  tcp_.push_back(probe);
}

void ProbeLoop::Finish(Probe* probe, Prober::Outcome outcome) {
  probe->socket.Reset();
  probe->in_flight = false;
  --in_flight_;
  waiting_.insert({probe->due, probe});
  prober_.outcomes_[static_cast<size_t>(outcome)].Add();
  prober_.table_->ProbeResult(probe->target, probe->index, prober_.options_.vantage,
                              outcome == Prober::Outcome::kOk, prober_.clock_->Now());
}

void ProbeLoop::TakeHttp() {
  int running = 0, left = 0;
  curl_multi_perform(multi_, &running);
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    CURLcode code = message->data.result;  // the message dies with the removal
    char* user = nullptr;
    long status = 0, connects = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_multi_remove_handle(multi_, easy);
    prober_.connections_.Add(static_cast<uint64_t>(connects));
    Finish(reinterpret_cast<Probe*>(user), OutcomeOf(code, status));
  }
}

void ProbeLoop::TakeTcp(const std::vector<curl_waitfd>& fds) {
  std::vector<Probe*> flying = std::move(tcp_);
  tcp_.clear();
  int64_t now = Now();
  for (size_t i = 0; i < flying.size(); ++i) {
    Probe* probe = flying[i];
    if (fds[i].revents != 0) {
      int error = 0;
      socklen_t size = sizeof(error);
      getsockopt(probe->socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      Finish(probe, error == 0 ? Prober::Outcome::kOk : Prober::Outcome::kConnect);
    } else if (now >= probe->deadline) {
      Finish(probe, Prober::Outcome::kTimeout);
    } else {
      tcp_.push_back(probe);
    }
  }
}

int ProbeLoop::SleepMs() const {
  int64_t now = Now(), until = now + kSleepNanosMax;
  bool room = in_flight_ < prober_.options_.parallel_max;
  if (room && !waiting_.empty()) until = std::min(until, waiting_.begin()->first);
  for (const Probe* probe : tcp_) until = std::min(until, probe->deadline);
  constexpr int64_t kNanosPerMs = 1'000'000;
  return static_cast<int>(std::max<int64_t>(0, (until - now + kNanosPerMs - 1) / kNanosPerMs));
}

void ProbeLoop::Turn() {
  StartDue(Now());
  TakeHttp();
  std::vector<curl_waitfd> fds;
  for (const Probe* probe : tcp_) fds.push_back({probe->socket.get(), CURL_WAIT_POLLOUT, 0});
  curl_multi_poll(multi_, fds.data(), static_cast<unsigned>(fds.size()), SleepMs(), nullptr);
  TakeTcp(fds);
}

Prober::Prober(std::shared_ptr<const Policy> policy, FeedTable* table, const Clock* clock,
               Options options)
    : table_(table), clock_(clock), options_(std::move(options)), next_policy_(std::move(policy)) {
  CHECK(options_.parallel_max > 0);
  loop_ = std::make_unique<ProbeLoop>(this);
  thread_ = std::thread([this] { Run(); });
}

Prober::~Prober() {
  stop_.store(true, std::memory_order_relaxed);
  loop_->Wake();
  thread_.join();
}

void Prober::Update(std::shared_ptr<const Policy> policy) {
  {
    MutexLock lock(mu_);
    next_policy_ = std::move(policy);
  }
  loop_->Wake();
}

void Prober::Run() {
  while (!stop_.load(std::memory_order_relaxed)) {
    std::shared_ptr<const Policy> policy;
    {
      MutexLock lock(mu_);
      policy.swap(next_policy_);
    }
    if (policy != nullptr) loop_->Follow(*policy);
    loop_->Turn();
  }
}

void Prober::WriteMetrics(MetricsWriter* writer) const {
  constexpr absl::string_view kNames[] = {"ok", "bad_status", "timeout", "connect", "other"};
  writer->Family("spillway_feed_probes_total", "counter", "Probes by outcome.");
  for (size_t i = 0; i < kOutcomeCount; ++i) {
    writer->Sample({{"outcome", kNames[i]}}, static_cast<double>(outcomes_[i].Get()));
  }
  writer->Family("spillway_feed_probe_connections_total", "counter",
                 "Connections opened by HTTP probes.");
  writer->Sample(static_cast<double>(connections_.Get()));
  writer->Family("spillway_feed_probes_late_total", "counter",
                 "Probes that began more than an interval late: too many for probes in flight.");
  writer->Sample(static_cast<double>(late_.Get()));
}

}  // namespace spillway
