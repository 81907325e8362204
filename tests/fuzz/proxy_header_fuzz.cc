// tests/fuzz/proxy_header_fuzz.cc -- a header is judged the same however it is cut.
#include <cstdint>
#include <cstdlib>

#include "absl/types/span.h"
#include "base/proxy_header.h"

using spillway::ProxyHeader;
using spillway::ProxyParse;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::Span<const uint8_t> bytes(data, size);
  ProxyHeader whole;
  const ProxyParse parsed = spillway::ParseProxyHeader(bytes, &whole);
  if (parsed == ProxyParse::kOk && (whole.size < 16 || whole.size > size)) std::abort();
  for (size_t cut = 0; cut < size && cut < 64; ++cut) {
    ProxyHeader part;
    const ProxyParse early = spillway::ParseProxyHeader(bytes.first(cut), &part);
    // What a beginning is judged to be, the whole stays.
    if (early == ProxyParse::kBad && parsed != ProxyParse::kBad) std::abort();
    if (early == ProxyParse::kOk && (parsed != ProxyParse::kOk || part.size != whole.size))
      std::abort();
    if (parsed == ProxyParse::kOk && cut < whole.size && early != ProxyParse::kMore) std::abort();
  }
  return 0;
}
