#include "dns/tap/dnstap_frame.h"

namespace spillway::dns {
namespace {

constexpr uint32_t kFieldContentType = 1;
constexpr size_t kControlSizeMax = 512;  // fstrm's own limit
constexpr uint64_t kNanosPerSecond = 1'000'000'000;

// Fields of Dnstap.
constexpr unsigned kIdentity = 1, kVersion = 2, kMessage = 14, kType = 15;
constexpr uint64_t kTypeMessage = 1;
// Fields of Message.
constexpr unsigned kKind = 1, kFamily = 2, kProtocol = 3, kQueryAddress = 4, kResponseAddress = 5,
                   kQueryPort = 6, kResponsePort = 7, kQueryTimeSec = 8, kQueryTimeNsec = 9,
                   kQueryMessage = 10, kResponseTimeSec = 12, kResponseTimeNsec = 13,
                   kResponseMessage = 14;

void Put32(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

uint32_t Get32(absl::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (char c : bytes.substr(at, 4)) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

void PutVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void PutNumber(unsigned field, uint64_t value, std::string* out) {
  PutVarint(field << 3, out);
  PutVarint(value, out);
}

void PutFixed32(unsigned field, uint32_t value, std::string* out) {
  PutVarint(field << 3 | 5, out);
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

void PutBytes(unsigned field, absl::string_view bytes, std::string* out) {
  PutVarint(field << 3 | 2, out);
  PutVarint(bytes.size(), out);
  out->append(bytes.data(), bytes.size());
}

void PutAddress(unsigned field, const IpAddress& address, std::string* out) {
  PutBytes(field,
           {reinterpret_cast<const char*>(address.data()), static_cast<size_t>(address.size())},
           out);
}

}  // namespace

std::string ControlFrame(FrameControl control) {
  std::string payload;
  Put32(static_cast<uint32_t>(control), &payload);
  if (control != FrameControl::kStop && control != FrameControl::kFinish) {
    Put32(kFieldContentType, &payload);
    Put32(static_cast<uint32_t>(kDnstapContentType.size()), &payload);
    payload.append(kDnstapContentType.data(), kDnstapContentType.size());
  }
  std::string frame;
  Put32(0, &frame);
  Put32(static_cast<uint32_t>(payload.size()), &frame);
  return frame + payload;
}

std::string TapFrame(absl::string_view identity, absl::string_view version, TapKind kind,
                     const TapFacts& facts, absl::Span<const uint8_t> message) {
  const bool query = kind == TapKind::kAuthQuery;
  const auto seconds = static_cast<uint64_t>(facts.unix_ns) / kNanosPerSecond;
  const auto nanos = static_cast<uint32_t>(static_cast<uint64_t>(facts.unix_ns) % kNanosPerSecond);
  std::string inner;
  PutNumber(kKind, static_cast<uint64_t>(kind), &inner);
  PutNumber(kFamily, facts.client.address.is_v4() ? 1 : 2, &inner);
  PutNumber(kProtocol, facts.tcp ? 2 : 1, &inner);
  PutAddress(kQueryAddress, facts.client.address, &inner);
  // The schema has one family for both: behind a proxy they may differ.
  if (facts.server.address.family() == facts.client.address.family())
    PutAddress(kResponseAddress, facts.server.address, &inner);
  if (facts.client.port != 0) PutNumber(kQueryPort, facts.client.port, &inner);
  PutNumber(kResponsePort, facts.server.port, &inner);
  PutNumber(query ? kQueryTimeSec : kResponseTimeSec, seconds, &inner);
  PutFixed32(query ? kQueryTimeNsec : kResponseTimeNsec, nanos, &inner);
  PutBytes(query ? kQueryMessage : kResponseMessage,
           {reinterpret_cast<const char*>(message.data()), message.size()}, &inner);
  std::string outer;
  if (!identity.empty()) PutBytes(kIdentity, identity, &outer);
  PutBytes(kVersion, version, &outer);
  PutBytes(kMessage, inner, &outer);
  PutNumber(kType, kTypeMessage, &outer);
  std::string frame;
  Put32(static_cast<uint32_t>(outer.size()), &frame);
  return frame + outer;
}

std::optional<FrameControl> ReadControlFrame(absl::string_view bytes, size_t* size) {
  if (bytes.size() < 12) return std::nullopt;
  const uint32_t payload = Get32(bytes, 4);
  *size = 8 + payload;
  if (Get32(bytes, 0) != 0 || payload < 4 || payload > kControlSizeMax) return FrameControl::kStop;
  if (bytes.size() < *size) return std::nullopt;
  return static_cast<FrameControl>(Get32(bytes, 8));
}

}  // namespace spillway::dns
