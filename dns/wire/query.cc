#include "dns/wire/query.h"

#include "dns/wire/reader.h"
#include "dns/wire/tsig.h"

namespace spillway::dns {
namespace {

constexpr uint16_t kOptFlagDo = 0x8000;

// Reads an uncompressed name into `name`, folded. A question has nothing in front of it that a
// pointer could mean, so pointers are refused with the other label types.
bool ReadQuestionName(Reader& reader, Name* name) {
  const absl::Span<const uint8_t> rest = reader.rest();
  size_t size = 0;
  for (uint8_t label_size = 1; label_size != 0;) {
    if (size >= rest.size()) {
      reader.Fail();
      return false;
    }
    label_size = rest[size];
    size += 1u + label_size;
    if (label_size > kLabelSizeMax || size > kNameSizeMax) return false;
  }
  name->AssignFolded({reinterpret_cast<const char*>(rest.data()), size});
  reader.Skip(size);
  return true;
}

// Steps over an owner name, compressed or not; sets `is_root` when it is the single octet 0.
bool SkipName(Reader& reader, bool* is_root) {
  size_t size = 0;
  while (true) {
    uint8_t label_size = reader.U8();
    if (!reader.ok()) return false;
    if (label_size >= 0xc0) {
      reader.Skip(1);
      *is_root = false;
      return reader.ok();
    }
    size += 1 + label_size;
    if (label_size > kLabelSizeMax || size > kNameSizeMax) return false;
    if (label_size == 0) break;
    reader.Skip(label_size);
  }
  *is_root = size == 1;
  return true;
}

// `base` is where `data` begins in the message. Options given twice: the first one counts.
WireError ParseOptions(absl::Span<const uint8_t> data, size_t base, Query* query) {
  Reader reader(data);
  while (reader.remaining() > 0) {
    uint16_t code = reader.U16();
    uint16_t size = reader.U16();
    size_t content_offset = base + reader.offset();
    absl::Span<const uint8_t> content = reader.Bytes(size);
    if (!reader.ok()) return WireError::kOptOverrun;
    switch (static_cast<EdnsOption>(code)) {
      case EdnsOption::kNsid:
        query->wants_nsid = true;
        break;
      case EdnsOption::kKeepalive:
        query->wants_keepalive = true;
        break;
      case EdnsOption::kClientSubnet: {
        if (query->has_ecs) break;
        WireError error = ParseEcs(content, &query->ecs);
        if (error != WireError::kOk) return error;
        query->has_ecs = true;
        break;
      }
      case EdnsOption::kCookie:
        // RFC 7873 5.2.2: a client cookie alone, or with a server cookie of 8 to 32 octets.
        if (size != 8 && (size < 16 || size > 40)) return WireError::kCookieSize;
        if (query->cookie_offset != 0) break;
        query->cookie_offset = static_cast<uint16_t>(content_offset);
        query->cookie_size = static_cast<uint8_t>(size);
        break;
      default:
        break;  // RFC 6891 6.1.2: options not known are ignored
    }
  }
  return WireError::kOk;
}

WireError CheckTsig(absl::Span<const uint8_t> message, size_t offset, bool in_additional,
                    Query* query) {
  if (!in_additional) return WireError::kTsigMisplaced;
  Tsig tsig;
  const WireError error = ParseTsig(message, offset, &tsig);
  if (error == WireError::kOk) query->tsig_offset = static_cast<uint16_t>(offset);
  return error;
}

// One record of the answer, authority or additional section.
WireError ParseRecord(Reader& reader, absl::Span<const uint8_t> message, bool in_additional,
                      Query* query) {
  const size_t offset = reader.offset();
  bool is_root = false;
  if (!SkipName(reader, &is_root)) {
    return reader.ok() ? WireError::kBadName : WireError::kTruncatedMessage;
  }
  auto type = static_cast<RrType>(reader.U16());
  uint16_t class_or_size = reader.U16();
  uint32_t ttl = reader.U32();
  uint16_t size = reader.U16();
  size_t data_offset = reader.offset();
  absl::Span<const uint8_t> data = reader.Bytes(size);
  if (type == RrType::kTsig && reader.ok()) return CheckTsig(message, offset, in_additional, query);
  if (type != RrType::kOpt) return reader.ok() ? WireError::kOk : WireError::kTruncatedMessage;
  if (query->has_opt) return WireError::kOptTwice;
  if (!in_additional) return WireError::kOptMisplaced;
  // Known from here on even when its content is broken: the error's answer needs an OPT.
  query->has_opt = true;
  query->udp_size = class_or_size;
  query->edns_version = static_cast<uint8_t>(ttl >> 16);
  query->dnssec_ok = (ttl & kOptFlagDo) != 0;
  if (!is_root) return WireError::kOptNotRoot;
  if (!reader.ok()) return WireError::kTruncatedMessage;
  // The layout of options is known for version 0 only.
  if (query->edns_version != 0) return WireError::kOk;
  return ParseOptions(data, data_offset, query);
}

}  // namespace

WireError ParseQuery(absl::Span<const uint8_t> bytes, Query* query) {
  *query = Query();
  Reader reader(bytes);
  query->id = reader.U16();
  query->flags = reader.U16();
  uint16_t question_count = reader.U16();
  uint16_t answer_count = reader.U16();
  uint16_t authority_count = reader.U16();
  uint16_t additional_count = reader.U16();
  if (!reader.ok()) return WireError::kShortHeader;
  if ((query->flags & kFlagQr) != 0) return WireError::kResponse;
  query->opcode = static_cast<Opcode>((query->flags & kOpcodeMask) >> 11);

  query->no_question = question_count == 0;
  for (unsigned i = 0; i < question_count; ++i) {
    if (!ReadQuestionName(reader, &query->qname)) {
      return reader.ok() ? WireError::kBadName : WireError::kTruncatedMessage;
    }
    auto type = static_cast<RrType>(reader.U16());
    auto rr_class = static_cast<RrClass>(reader.U16());
    if (!reader.ok()) return WireError::kTruncatedMessage;
    if (question_count != 1) continue;  // only stepped over
    query->qtype = type;
    query->qclass = rr_class;
    query->question_size = static_cast<uint16_t>(reader.offset() - kHeaderSize);
  }
  // The sections are walked even when the question is wrong: the answer to an EDNS query has an
  // OPT.
  const unsigned before_additional = unsigned{answer_count} + authority_count;
  for (unsigned i = 0; i < before_additional + additional_count; ++i) {
    const bool signed_before = query->tsig_offset != 0;
    WireError record_error = ParseRecord(reader, bytes, i >= before_additional, query);
    if (record_error == WireError::kOk && signed_before) record_error = WireError::kTsigMisplaced;
    if (record_error != WireError::kOk) return record_error;
  }
  return question_count == 1 ? WireError::kOk : WireError::kBadQuestionCount;
}

}  // namespace spillway::dns
