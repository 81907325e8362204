// tests/fuzz/tsig_fuzz.cc -- signed messages from anybody: only who has the key is trusted, and
// every error has a reply of the size that was promised.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "dns/transfer/tsig_session.h"
#include "dns/transfer/zone_transfer.h"
#include "dns/wire/query.h"
#include "dns/wire/types.h"
#include "dns/wire/writer.h"

namespace dns = spillway::dns;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const dns::TsigKeys& keys = *new dns::TsigKeys(*dns::TsigKeys::Parse(
      "key hmac-sha256 MDEyMzQ1Njc4OWFiY2RlZg==\nold hmac-sha1 MDEyMzQ1Njc4OWFiY2RlZg==\n", "f"));
  constexpr uint64_t kNow = 1'700'000'000;
  const absl::Span<const uint8_t> message(data, size);
  const auto last = dns::FindTsig(message);
  if (last && *last >= size) std::abort();
  dns::Query query;
  if (dns::ParseQuery(message, &query) != dns::WireError::kOk) return 0;
  (void)dns::IxfrSerial(message, query);
  if (query.tsig_offset == 0) return 0;
  // Two readers of the same layout agree.
  if (!last || *last != query.tsig_offset) std::abort();
  dns::TsigSession session = dns::TsigSession::Check(&keys, message, query.tsig_offset, kNow);
  const bool trusted = session.signer() != nullptr;
  if (trusted && (session.malformed() || session.error() != dns::TsigError::kNone)) std::abort();
  if (session.malformed()) return 0;
  std::vector<uint8_t> out(dns::kHeaderSize + session.size());
  dns::Writer writer(absl::MakeSpan(out));
  for (int i = 0; i < 6; ++i) writer.U16(0);
  session.Sign(kNow, &writer);
  if (!writer.ok() || writer.size() != out.size()) std::abort();
  return 0;
}
