#include "tests/support/mmdb_writer.h"

#include <bit>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/ip.h"

namespace spillway {
namespace {

std::string BigEndian(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

std::string Control(int type, size_t size) {
  std::string extra, out;
  size_t low = size;
  if (size >= 65821) {
    low = 31;
    extra = BigEndian(size - 65821, 3);
  } else if (size >= 285) {
    low = 30;
    extra = BigEndian(size - 285, 2);
  } else if (size >= 29) {
    low = 29;
    extra = BigEndian(size - 29, 1);
  }
  out.push_back(static_cast<char>((type > 7 ? 0 : type) << 5 | static_cast<int>(low)));
  if (type > 7) out.push_back(static_cast<char>(type - 7));
  return out + extra;
}

int Bit(const uint8_t* bytes, int i) { return bytes[i / 8] >> (7 - i % 8) & 1; }

}  // namespace

std::string MmdbString(absl::string_view text) {
  return Control(2, text.size()) + std::string(text);
}
std::string MmdbDouble(double value) {
  return Control(3, 8) + BigEndian(std::bit_cast<uint64_t>(value), 8);
}
std::string MmdbUint16(uint16_t value) { return Control(5, 2) + BigEndian(value, 2); }
std::string MmdbUint32(uint32_t value) { return Control(6, 4) + BigEndian(value, 4); }
std::string MmdbUint64(uint64_t value) { return Control(9, 8) + BigEndian(value, 8); }
std::string MmdbPointer(size_t offset) { return std::string(1, '\x38') + BigEndian(offset, 4); }

std::string MmdbMap(const MmdbPairs& pairs) {
  std::string out = Control(7, pairs.size());
  for (const auto& [key, value] : pairs) out += MmdbString(key) + value;
  return out;
}

std::string MmdbArray(const std::vector<std::string>& values) {
  std::string out = Control(11, values.size());
  for (const std::string& value : values) out += value;
  return out;
}

std::string CountryRecord(absl::string_view iso_code) {
  return MmdbMap({{"continent", MmdbMap({{"code", MmdbString("EU")}})},
                  {"country", MmdbMap({{"names", MmdbMap({{"en", MmdbString("A Country")}})},
                                       {"iso_code", MmdbString(iso_code)}})}});
}

std::string CityRecord(absl::string_view country, absl::string_view region, double lat,
                       double lon) {
  std::string code = MmdbMap({{"iso_code", MmdbString(region)}});
  return MmdbMap({{"location", MmdbMap({{"accuracy_radius", MmdbUint16(20)},
                                        {"latitude", MmdbDouble(lat)},
                                        {"longitude", MmdbDouble(lon)}})},
                  {"subdivisions", region.empty() ? MmdbArray({}) : MmdbArray({code, code})},
                  {"country", MmdbMap({{"iso_code", MmdbString(country)}})}});
}

std::string AsnRecord(uint32_t asn) {
  return MmdbMap({{"autonomous_system_number", MmdbUint32(asn)},
                  {"autonomous_system_organization", MmdbString("An Organisation")}});
}

MmdbWriter::MmdbWriter(MmdbOptions options) : options_(std::move(options)), nodes_(1) {}

size_t MmdbWriter::AddData(const std::string& encoded) {
  auto [it, is_new] = offsets_.try_emplace(encoded, data_.size());
  if (is_new) data_ += encoded;
  return it->second;
}

size_t MmdbWriter::MakePath(const uint8_t* bytes, int bits) {
  size_t node = 0;
  for (int i = 0; i < bits; ++i) {
    int64_t child = nodes_[node][Bit(bytes, i)];
    if (child <= 0) {
      nodes_.push_back({child, child});
      child = static_cast<int64_t>(nodes_.size() - 1);
      nodes_[node][Bit(bytes, i)] = child;
    }
    node = static_cast<size_t>(child);
  }
  return node;
}

void MmdbWriter::Insert(absl::string_view prefix, const std::string& encoded) {
  std::optional<IpPrefix> p = IpPrefix::Parse(prefix);
  CHECK(p.has_value());
  uint8_t bytes[16] = {};
  bool under_96 = p->address.is_v4() && options_.ip_version == 6;
  std::memcpy(bytes + (under_96 ? 12 : 0), p->address.data(),
              static_cast<size_t>(p->address.size()));
  int bits = p->bits + (under_96 ? 96 : 0);
  int64_t leaf = -1 - static_cast<int64_t>(AddData(encoded));
  if (bits == 0) {
    nodes_[0] = {leaf, leaf};
  } else {
    size_t parent = MakePath(bytes, bits - 1);
    SetChild(parent, Bit(bytes, bits - 1), leaf);
  }
}

void MmdbWriter::AliasIpv4() {
  const uint8_t zero[16] = {};
  auto root = static_cast<int64_t>(MakePath(zero, 96));
  for (absl::string_view text : {"::ffff:0:0/96", "2002::/16", "2001::/32"}) {
    IpPrefix p = *IpPrefix::Parse(text);
    size_t parent = MakePath(p.address.data(), p.bits - 1);
    SetChild(parent, Bit(p.address.data(), p.bits - 1), root);
  }
}

std::string MmdbWriter::Finish() {
  if (options_.alias_ipv4) AliasIpv4();
  std::string out;
  size_t count = nodes_.size();
  auto record = [count](int64_t child) {
    if (child > 0) return static_cast<uint64_t>(child);
    return child == 0 ? uint64_t{count} : count + 16 + static_cast<uint64_t>(-1 - child);
  };
  for (const Node& node : nodes_) {
    uint64_t left = record(node[0]), right = record(node[1]);
    if (options_.record_bits == 28) {
      out += BigEndian(left & 0xffffff, 3);
      out.push_back(static_cast<char>((left >> 24) << 4 | right >> 24));
      out += BigEndian(right & 0xffffff, 3);
    } else {
      out += BigEndian(left, options_.record_bits / 8) + BigEndian(right, options_.record_bits / 8);
    }
  }
  MmdbPairs metadata = {{"binary_format_major_version", MmdbUint16(2)},
                        {"binary_format_minor_version", MmdbUint16(0)},
                        {"build_epoch", MmdbUint64(options_.build_epoch)},
                        {"database_type", MmdbString(options_.type)},
                        {"description", MmdbMap({{"en", MmdbString("made by a test")}})},
                        {"ip_version", MmdbUint16(static_cast<uint16_t>(options_.ip_version))},
                        {"languages", MmdbArray({MmdbString("en")})},
                        {"node_count", MmdbUint32(static_cast<uint32_t>(count))},
                        {"record_size", MmdbUint16(static_cast<uint16_t>(options_.record_bits))}};
  if (!options_.extra_metadata_key.empty()) {
    metadata.emplace_back(options_.extra_metadata_key, options_.extra_metadata_value);
  }
  out += std::string(16, '\0') + data_ + "\xab\xcd\xefMaxMind.com" + MmdbMap(metadata);
  return out;
}

}  // namespace spillway
