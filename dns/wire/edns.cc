#include "dns/wire/edns.h"

#include <cstring>

namespace spillway::dns {
namespace {

constexpr size_t kOptionHeaderSize = 4;  // OPTION-CODE, OPTION-LENGTH
constexpr uint16_t kDnssecOk = 0x8000;

// Writes an option's code and length at `at`; returns where its content begins.
uint8_t* BeginOption(EdnsOption code, size_t size, uint8_t* at) {
  Store16(at, static_cast<uint16_t>(code));
  Store16(at + 2, static_cast<uint16_t>(size));
  return at + kOptionHeaderSize;
}

uint8_t* AddOption(EdnsOption code, const void* content, size_t size, uint8_t* at) {
  at = BeginOption(code, size, at);
  std::memcpy(at, content, size);
  return at + size;
}

}  // namespace

size_t OptSize(const OptReply& opt) {
  size_t size = kOptSizeMin;
  if (!opt.nsid.empty()) size += kOptionHeaderSize + opt.nsid.size();
  if (opt.cookie != nullptr) size += kOptionHeaderSize + kFullCookieSize;
  if (opt.keepalive_ds) size += kOptionHeaderSize + 2;
  if (opt.ecs != nullptr) size += kOptionHeaderSize + EcsSize(*opt.ecs);
  if (opt.error) size += kOptionHeaderSize + 2 + opt.error->text.size();
  return size;
}

void WriteOpt(const OptReply& opt, Writer* writer) {
  const size_t size = OptSize(opt);
  uint8_t* at = writer->Take(size);
  if (at == nullptr) return;
  at[0] = 0;
  Store16(at + 1, static_cast<uint16_t>(RrType::kOpt));
  Store16(at + 3, opt.udp_size);
  at[5] = static_cast<uint8_t>(static_cast<uint16_t>(opt.rcode) >> 4);
  at[6] = 0;  // RFC 6891 6.1.3: the highest version we speak
  Store16(at + 7, opt.dnssec_ok ? kDnssecOk : 0);
  Store16(at + 9, static_cast<uint16_t>(size - kOptSizeMin));
  at += kOptSizeMin;
  if (!opt.nsid.empty()) at = AddOption(EdnsOption::kNsid, opt.nsid.data(), opt.nsid.size(), at);
  if (opt.cookie != nullptr)
    at = AddOption(EdnsOption::kCookie, opt.cookie->data(), kFullCookieSize, at);
  if (opt.keepalive_ds) {
    at = BeginOption(EdnsOption::kKeepalive, 2, at);
    Store16(at, *opt.keepalive_ds);
    at += 2;
  }
  if (opt.ecs != nullptr) {
    const size_t content_size = EcsSize(*opt.ecs);
    at = BeginOption(EdnsOption::kClientSubnet, content_size, at);
    EncodeEcs(*opt.ecs, opt.ecs_scope_bits, at);
    at += content_size;
  }
  if (opt.error) {
    // RFC 8914 2: INFO-CODE, then text.
    at = BeginOption(EdnsOption::kExtendedError, 2 + opt.error->text.size(), at);
    Store16(at, static_cast<uint16_t>(opt.error->code));
    std::memcpy(at + 2, opt.error->text.data(), opt.error->text.size());
  }
}

}  // namespace spillway::dns
