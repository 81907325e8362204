#include "base/proxy_header.h"

#include <algorithm>
#include <cstring>

namespace spillway {
namespace {

constexpr uint8_t kSignature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                  0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr size_t kFixedSize = sizeof kSignature + 4;
constexpr uint8_t kVersion2 = 0x2;
constexpr uint8_t kCommandLocal = 0x0;
constexpr uint8_t kCommandProxy = 0x1;
constexpr uint8_t kFamilyUnspecified = 0x0;
constexpr uint8_t kFamilyV4 = 0x1;
constexpr uint8_t kFamilyV6 = 0x2;
constexpr uint8_t kFamilyUnix = 0x3;
constexpr size_t kAddressesV4 = 12;  // two addresses, two ports
constexpr size_t kAddressesV6 = 36;
constexpr uint8_t kTransportMax = 0x2;  // unspecified, stream, datagram

}  // namespace

ProxyParse ParseProxyHeader(absl::Span<const uint8_t> bytes, ProxyHeader* out) {
  if (bytes.empty()) return ProxyParse::kMore;
  const size_t seen = std::min(bytes.size(), sizeof kSignature);
  if (std::memcmp(bytes.data(), kSignature, seen) != 0) return ProxyParse::kBad;
  if (bytes.size() < kFixedSize) return ProxyParse::kMore;
  const uint8_t command = bytes[12] & 0xf;
  const uint8_t family = bytes[13] >> 4;
  const size_t payload = static_cast<size_t>(bytes[14]) << 8 | bytes[15];
  if (bytes[12] >> 4 != kVersion2 || command > kCommandProxy || family > kFamilyUnix ||
      (bytes[13] & 0xf) > kTransportMax || kFixedSize + payload > kProxyHeaderSizeMax) {
    return ProxyParse::kBad;
  }
  const bool names_client = command != kCommandLocal && family != kFamilyUnspecified;
  if (names_client && ((family == kFamilyV4 && payload < kAddressesV4) ||
                       (family == kFamilyV6 && payload < kAddressesV6))) {
    return ProxyParse::kBad;
  }
  if (bytes.size() < kFixedSize + payload) return ProxyParse::kMore;
  out->size = kFixedSize + payload;
  out->client.reset();
  if (!names_client) return ProxyParse::kOk;
  if (family == kFamilyV4) out->client = IpAddress::V4Bytes(&bytes[kFixedSize]);
  if (family == kFamilyV6) out->client = IpAddress::V6Bytes(&bytes[kFixedSize]).Unmapped();
  return ProxyParse::kOk;
}

}  // namespace spillway
