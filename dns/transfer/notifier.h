// dns/transfer/notifier.h -- tells secondaries that a zone has a new serial (RFC 1996).
//
//   Update(table) ─► for each zone with a serial not yet told × each secondary: a Notice
//                      Notice: send ─1s─► again ─2s─► ... ─16s─► given up (one line in the log)
//                                └ an answer ends it; from a secondary with a key only a signed one
//
// limits: kSendsPerTurn messages per kTurn, so that a reload of many zones is no flood; a Notice
//         for a newer serial replaces the older. The kernel chooses the source address.
// thread safety: Update and WriteMetrics from any thread; one thread of its own does the rest.
#ifndef SPILLWAY_DNS_TRANSFER_NOTIFIER_H_
#define SPILLWAY_DNS_TRANSFER_NOTIFIER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "dns/transfer/transfer_table.h"
#include "dns/transfer/tsig_session.h"

namespace spillway::dns {

class Notifier {
 public:
  static constexpr int kAttemptsMax = 5;
  static constexpr int kSendsPerTurn = 50;
  static constexpr absl::Duration kTurn = absl::Milliseconds(100);

  // `clock` outlives the notifier; `seed` makes message IDs.
  static absl::StatusOr<std::unique_ptr<Notifier>> Start(const Clock& clock, uint64_t seed);
  ~Notifier();

  // A new table is in force. Before the first one nobody was told anything.
  void Update(std::shared_ptr<const TransferTable> table);
  void WriteMetrics(MetricsWriter* out) const;

 private:
  using Key = std::pair<std::string, Endpoint>;  // apex, whom
  struct Notice {
    Secondary to;
    std::shared_ptr<const ZoneCopy> copy;
    uint16_t id = 0;
    int attempts = 0;
    int64_t due_ns = 0;
    std::optional<TsigSession> signature;  // of the last attempt
  };

  Notifier(const Clock& clock, uint64_t seed) : clock_(clock), seed_(seed) {}
  void Run();
  void Take(const TransferTable& table);
  void SendDue();
  void Send(Notice& notice);
  void Receive(int fd);
  // True when `reply` of `from` answers `notice`, which is then over.
  bool Answers(const Notice& notice, absl::Span<const uint8_t> reply, const Endpoint& from) const;
  int WaitMillis() const;
  uint64_t UnixSeconds() const;

  const Clock& clock_;
  uint64_t seed_;
  UniqueFd wake_;
  UniqueFd v4_;
  UniqueFd v6_;  // invalid where there is no IPv6
  std::thread thread_;

  Mutex mu_;
  std::shared_ptr<const TransferTable> next_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;

  // The thread's.
  std::map<Key, Notice> notices_;
  std::map<Key, uint32_t> told_;  // the serial
  int64_t paced_until_ns_ = 0;    // a turn's messages are sent

  SharedCounter sent_;
  SharedCounter acknowledged_;
  SharedCounter refused_;
  SharedCounter given_up_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TRANSFER_NOTIFIER_H_
