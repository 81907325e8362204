#include "dns/wire/tsig.h"

#include <algorithm>

#include "dns/wire/reader.h"
#include "dns/wire/types.h"

namespace spillway::dns {
namespace {

constexpr uint16_t kBadKey = 17;         // RFC 8945 3
constexpr size_t kDataFixedSize = 16;    // time, fudge, MAC size, original ID, error, other size
constexpr size_t kRecordFixedSize = 10;  // type, class, TTL, RDLEN

// The name at `*offset`, compressed or not, which then stands behind it. Pointers go back, so they
// end.
bool ReadName(absl::Span<const uint8_t> message, size_t* offset, Name* name) {
  std::array<char, kNameSizeMax> wire;
  size_t size = 0;
  size_t at = *offset;
  size_t before = at;  // pointers must lead before it
  bool jumped = false;
  while (at < message.size()) {
    const uint8_t label_size = message[at];
    if (label_size >= 0xc0) {
      if (at + 1 >= message.size()) return false;
      if (!jumped) *offset = at + 2;
      jumped = true;
      at = static_cast<size_t>(label_size & 0x3f) << 8 | message[at + 1];
      if (at >= before) return false;
      before = at;
      continue;
    }
    const size_t count = 1u + label_size;
    if (label_size > kLabelSizeMax || size + count > wire.size() || at + count > message.size())
      return false;
    std::copy_n(message.begin() + static_cast<ptrdiff_t>(at), count,
                wire.begin() + static_cast<ptrdiff_t>(size));
    size += count;
    at += count;
    if (label_size > 0) continue;
    if (!jumped) *offset = at;
    name->Assign({wire.data(), size});
    return true;
  }
  return false;
}

}  // namespace

WireError ParseTsig(absl::Span<const uint8_t> message, size_t offset, Tsig* out) {
  Tsig tsig;
  if (!ReadName(message, &offset, &tsig.key)) return WireError::kBadName;
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
  if (!ReadName(message, &after_name, &tsig.algorithm) || after_name > data_offset + size)
    return WireError::kTsigBroken;
  Reader fields(data.subspan(after_name - data_offset));
  const absl::Span<const uint8_t> time = fields.Bytes(tsig.time_and_fudge.size());
  fields.Skip(fields.U16());  // MAC
  tsig.original_id = fields.U16();
  fields.Skip(2);             // error
  fields.Skip(fields.U16());  // other data
  if (!fields.ok() || fields.remaining() != 0) return WireError::kTsigBroken;
  std::copy(time.begin(), time.end(), tsig.time_and_fudge.begin());
  *out = tsig;
  return WireError::kOk;
}

size_t BadKeySize(const Tsig& tsig) {
  return tsig.key.size() + kRecordFixedSize + tsig.algorithm.size() + kDataFixedSize;
}

void WriteBadKey(const Tsig& tsig, Writer* writer) {
  writer->Bytes(tsig.key.wire());
  writer->U16(static_cast<uint16_t>(RrType::kTsig));
  writer->U16(static_cast<uint16_t>(RrClass::kAny));
  writer->U32(0);
  writer->U16(static_cast<uint16_t>(tsig.algorithm.size() + kDataFixedSize));
  writer->Bytes(tsig.algorithm.wire());
  writer->Bytes(tsig.time_and_fudge.data(), tsig.time_and_fudge.size());
  writer->U16(0);  // no MAC: there is no key to make one with
  writer->U16(tsig.original_id);
  writer->U16(kBadKey);
  writer->U16(0);
}

}  // namespace spillway::dns
