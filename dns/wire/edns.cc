#include "dns/wire/edns.h"

namespace spillway::dns {
namespace {

constexpr size_t kOptionHeaderSize = 4;  // OPTION-CODE, OPTION-LENGTH
constexpr uint16_t kDnssecOk = 0x8000;

void OptionHeader(EdnsOption code, size_t size, Writer* writer) {
  writer->U16(static_cast<uint16_t>(code));
  writer->U16(static_cast<uint16_t>(size));
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
  writer->U8(0);
  writer->U16(static_cast<uint16_t>(RrType::kOpt));
  writer->U16(opt.udp_size);
  writer->U8(static_cast<uint8_t>(static_cast<uint16_t>(opt.rcode) >> 4));
  writer->U8(0);  // RFC 6891 6.1.3: the highest version we speak
  writer->U16(opt.dnssec_ok ? kDnssecOk : 0);
  const size_t length_offset = writer->size();
  writer->U16(0);
  if (!opt.nsid.empty()) {
    OptionHeader(EdnsOption::kNsid, opt.nsid.size(), writer);
    writer->Bytes(opt.nsid);
  }
  if (opt.cookie != nullptr) {
    OptionHeader(EdnsOption::kCookie, kFullCookieSize, writer);
    writer->Bytes(opt.cookie->data(), kFullCookieSize);
  }
  if (opt.keepalive_ds) {
    OptionHeader(EdnsOption::kKeepalive, 2, writer);
    writer->U16(*opt.keepalive_ds);
  }
  if (opt.ecs != nullptr) {
    uint8_t content[kEcsSizeMax];
    EncodeEcs(*opt.ecs, opt.ecs_scope_bits, content);
    OptionHeader(EdnsOption::kClientSubnet, EcsSize(*opt.ecs), writer);
    writer->Bytes(content, EcsSize(*opt.ecs));
  }
  if (opt.error) {
    // RFC 8914 2: INFO-CODE, then text.
    OptionHeader(EdnsOption::kExtendedError, 2 + opt.error->text.size(), writer);
    writer->U16(static_cast<uint16_t>(opt.error->code));
    writer->Bytes(opt.error->text);
  }
  if (writer->ok()) {
    writer->Patch16(length_offset, static_cast<uint16_t>(writer->size() - length_offset - 2));
  }
}

}  // namespace spillway::dns
