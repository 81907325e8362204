#include "dns/wire/ecs.h"

#include <cstring>

#include "dns/wire/reader.h"

namespace spillway::dns {

WireError ParseEcs(absl::Span<const uint8_t> data, Ecs* out) {
  Reader reader(data);
  uint16_t family = reader.U16();
  uint8_t source_bits = reader.U8();
  uint8_t scope_bits = reader.U8();
  if (!reader.ok()) return WireError::kEcsShort;
  // RFC 7871 6: SCOPE PREFIX-LENGTH must be 0 in queries.
  if (scope_bits != 0) return WireError::kEcsScope;
  Ecs ecs;
  ecs.family = family;
  ecs.source_bits = source_bits;
  if (family == 0) {
    // Resolvers that opted out before the RFC send 0/0; nothing is disclosed, nothing refused.
    if (source_bits != 0 || reader.remaining() != 0) return WireError::kEcsFamily;
    *out = ecs;
    return WireError::kOk;
  }
  if (family != 1 && family != 2) return WireError::kEcsFamily;
  const int bits_max = family == 1 ? 32 : 128;
  if (source_bits > bits_max) return WireError::kEcsSource;
  const size_t size = (source_bits + 7u) / 8;
  if (reader.remaining() != size) return WireError::kEcsAddressSize;
  uint8_t bytes[16] = {};
  if (size > 0) std::memcpy(bytes, reader.Bytes(size).data(), size);
  ecs.address = family == 1 ? IpAddress::V4Bytes(bytes) : IpAddress::V6Bytes(bytes);
  // RFC 7871 6: bits after SOURCE must be 0.
  if (ecs.address.Masked(source_bits) != ecs.address) return WireError::kEcsTrailingBits;
  *out = ecs;
  return WireError::kOk;
}

void EncodeEcs(const Ecs& ecs, uint8_t scope_bits, uint8_t* out) {
  out[0] = static_cast<uint8_t>(ecs.family >> 8);
  out[1] = static_cast<uint8_t>(ecs.family);
  out[2] = ecs.source_bits;
  out[3] = scope_bits;
  std::memcpy(out + 4, ecs.address.data(), (ecs.source_bits + 7u) / 8);
}

}  // namespace spillway::dns
