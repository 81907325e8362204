#include "dns/wire/tsig.h"

#include "dns/wire/message_name.h"
#include "dns/wire/reader.h"
#include "dns/wire/types.h"

namespace spillway::dns {
namespace {

constexpr size_t kDataFixedSize = 16;  // time, fudge, MAC size, original ID, error, other size

size_t DataSize(const Tsig& tsig) {
  return tsig.algorithm.size() + kDataFixedSize + tsig.mac.size() + tsig.other.size();
}

}  // namespace

WireError ParseTsig(absl::Span<const uint8_t> message, size_t offset, Tsig* out) {
  Tsig tsig;
  if (!ReadMessageName(message, &offset, &tsig.key)) return WireError::kBadName;
  Reader record(message.subspan(offset));
  record.Skip(2);  // the type brought us here
  const auto rr_class = static_cast<RrClass>(record.U16());
  const uint32_t ttl = record.U32();
  const uint16_t size = record.U16();
  const size_t data_offset = offset + record.offset();
  const absl::Span<const uint8_t> data = record.Bytes(size);
  // RFC 8945 4.2: class ANY, TTL 0.
  if (!record.ok() || rr_class != RrClass::kAny || ttl != 0) return WireError::kTsigBroken;
  size_t after_name = data_offset;
  if (!ReadMessageName(message, &after_name, &tsig.algorithm) || after_name > data_offset + size)
    return WireError::kTsigBroken;
  Reader fields(data.subspan(after_name - data_offset));
  tsig.time_s = uint64_t{fields.U16()} << 32;
  tsig.time_s |= fields.U32();
  tsig.fudge_s = fields.U16();
  tsig.mac = fields.Bytes(fields.U16());
  tsig.original_id = fields.U16();
  tsig.error = static_cast<TsigError>(fields.U16());
  tsig.other = fields.Bytes(fields.U16());
  if (!fields.ok() || fields.remaining() != 0) return WireError::kTsigBroken;
  *out = tsig;
  return WireError::kOk;
}

size_t TsigSize(const Tsig& tsig) { return tsig.key.size() + kRecordFixedSize + DataSize(tsig); }

void WriteTsig(const Tsig& tsig, Writer* writer) {
  writer->Bytes(tsig.key.wire());
  writer->U16(static_cast<uint16_t>(RrType::kTsig));
  writer->U16(static_cast<uint16_t>(RrClass::kAny));
  writer->U32(0);
  writer->U16(static_cast<uint16_t>(DataSize(tsig)));
  writer->Bytes(tsig.algorithm.wire());
  writer->U16(static_cast<uint16_t>(tsig.time_s >> 32));
  writer->U32(static_cast<uint32_t>(tsig.time_s));
  writer->U16(tsig.fudge_s);
  writer->U16(static_cast<uint16_t>(tsig.mac.size()));
  writer->Bytes(tsig.mac.data(), tsig.mac.size());
  writer->U16(tsig.original_id);
  writer->U16(static_cast<uint16_t>(tsig.error));
  writer->U16(static_cast<uint16_t>(tsig.other.size()));
  writer->Bytes(tsig.other.data(), tsig.other.size());
}

}  // namespace spillway::dns
