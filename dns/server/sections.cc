#include "dns/server/sections.h"

namespace spillway::dns {
namespace {

constexpr uint16_t kPointerToQuestion = 0xc000 | kHeaderSize;
constexpr size_t kMxPreferenceSize = 2;

}  // namespace

// RFC 3597 4: names are compressed only inside the types of RFC 1035.
void Sections::Data(RrType type, absl::string_view rdata) {
  switch (type) {
    case RrType::kNs:
    case RrType::kCname:
    case RrType::kPtr:
    case RrType::kMd:
    case RrType::kMf:
    case RrType::kMb:
    case RrType::kMg:
    case RrType::kMr:
      return writer_.NameCompressed(rdata);
    case RrType::kMx:
      writer_.Bytes(rdata.substr(0, kMxPreferenceSize));
      return writer_.NameCompressed(rdata.substr(kMxPreferenceSize));
    case RrType::kSoa: {
      absl::string_view rest = rdata;
      for (int i = 0; i < 2; ++i) {
        const size_t size = NameSize(rest);
        writer_.NameCompressed(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      return writer_.Bytes(rest);
    }
    default:
      return writer_.Bytes(rdata);
  }
}

void Sections::Record(absl::string_view owner, RrType type, uint32_t ttl_s, absl::string_view rdata,
                      RrClass rr_class) {
  if (owner.data() == question_.data()) {
    writer_.U16(kPointerToQuestion);
  } else {
    writer_.NameCompressed(owner);
  }
  uint8_t* fixed = writer_.Take(kRecordFixedSize);
  if (fixed == nullptr) return;
  Store16(fixed, static_cast<uint16_t>(type));
  Store16(fixed + 2, static_cast<uint16_t>(rr_class));
  Store32(fixed + 4, ttl_s);
  const size_t data_offset = writer_.size();
  Data(type, rdata);
  Store16(fixed + 8, static_cast<uint16_t>(writer_.size() - data_offset));
}

bool Sections::Close(Section section, const Writer::Mark& mark, size_t count) {
  if (!writer_.ok()) {
    writer_.RollbackTo(mark);
    return false;
  }
  uint16_t& total = counts_[static_cast<size_t>(section)];
  total = static_cast<uint16_t>(total + count);
  return true;
}

bool Sections::Add(Section section, absl::string_view owner, const Zone& zone, const RrSet& set,
                   uint32_t ttl_s, const RrSet* signatures) {
  const Writer::Mark mark = writer_.mark();
  size_t count = 0;
  for (const RrSet* part : {&set, signatures}) {
    if (part == nullptr) continue;
    for (RdataCursor cursor(zone.rdata(*part)); !cursor.done(); cursor.Next()) {
      Record(owner, part->type, ttl_s, cursor.data());
    }
    count += part->count;
  }
  return Close(section, mark, count);
}

bool Sections::AddRecord(Section section, absl::string_view owner, RrType type, uint32_t ttl_s,
                         absl::string_view rdata, RrClass rr_class) {
  const Writer::Mark mark = writer_.mark();
  Record(owner, type, ttl_s, rdata, rr_class);
  return Close(section, mark, 1);
}

bool Sections::AddAddresses(absl::string_view owner, absl::Span<const IpAddress> addresses,
                            uint32_t ttl_s) {
  const Writer::Mark mark = writer_.mark();
  for (const IpAddress& address : addresses) {
    Record(owner, address.is_v4() ? RrType::kA : RrType::kAaaa, ttl_s,
           {reinterpret_cast<const char*>(address.data()), static_cast<size_t>(address.size())});
  }
  return Close(Section::kAnswer, mark, addresses.size());
}

bool Sections::HasAlias(absl::string_view owner) const {
  auto octet = [this](size_t at) { return static_cast<uint8_t>(writer_.bytes()[at]); };
  auto word = [this](size_t at) { return Load16(writer_.bytes().data() + at); };
  size_t at = kHeaderSize + question_.size() + 4;  // QTYPE and QCLASS
  for (uint16_t left = count(Section::kAnswer); left > 0; --left) {
    const size_t name_at = at;
    while (octet(at) != 0 && octet(at) < 0xc0) at += 1u + octet(at);
    at += octet(at) == 0 ? 1 : 2;
    if (word(at) == static_cast<uint16_t>(RrType::kCname) && writer_.MatchesAt(name_at, owner))
      return true;
    at += 8;  // TYPE, CLASS, TTL
    at += 2u + word(at);
  }
  return false;
}

}  // namespace spillway::dns
