// dns/tap/dnstap.h -- writes what the workers sampled as dnstap, to a socket or a file.
//
//   TapRing per worker ──every 100 ms──► frames ──► unix socket: READY, ACCEPT, START, frames
//                                                   file: START, frames, STOP
//
// While the reader at the socket is away, slow, or refuses, what is sampled is dropped and counted;
// it is tried again every second. A file is written anew at each start, and ends at
// the first write that fails.
// thread safety: WriteMetrics from any thread; each ring belongs to its worker.
#ifndef SPILLWAY_DNS_TAP_DNSTAP_H_
#define SPILLWAY_DNS_TAP_DNSTAP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/metrics.h"
#include "base/turns.h"
#include "dns/tap/tap_ring.h"

namespace spillway::dns {

struct DnstapOptions {
  std::string socket;  // path of a unix socket somebody listens at (fstrm_capture -u)
  std::string file;    // or of a file; one of the two
  uint32_t every = 1;  // one of so many messages
  std::string identity;
  std::string version;
};

class Dnstap {
 public:
  // `clock` outlives the tap. Fails when the file cannot be written.
  static absl::StatusOr<std::unique_ptr<Dnstap>> Start(DnstapOptions options, size_t workers,
                                                       const Clock& clock);
  // Writes what is there and ends the stream.
  ~Dnstap();

  TapRing* ring(size_t worker) { return rings_[worker].get(); }
  void WriteMetrics(MetricsWriter* out) const;

 private:
  Dnstap(DnstapOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}
  void Turn();
  bool Connect();
  bool WaitFor(short events) const;
  bool Write(absl::string_view bytes);
  bool Receive(uint32_t wanted);
  void Finish();

  const DnstapOptions options_;
  const Clock& clock_;
  std::vector<std::unique_ptr<TapRing>> rings_;
  UniqueFd out_;  // invalid while there is no reader
  int64_t retry_ns_ = 0;
  bool refused_ = false;  // by the reader, since it last took our frames
  SharedCounter written_;
  SharedCounter lost_;
  std::optional<Turns> turns_;  // last: it uses the others
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TAP_DNSTAP_H_
