// tests/support/mmdb_writer.h -- small MaxMind DB files made of a few lines of C++.
//
//   MmdbWriter w({.type = "GeoLite2-City", .record_bits = 28});
//   w.Insert("192.0.2.0/24", MmdbMap({{"country", MmdbMap({{"iso_code", MmdbString("DE")}})}}));
//   std::string bytes = w.Finish();
#ifndef SPILLWAY_TESTS_SUPPORT_MMDB_WRITER_H_
#define SPILLWAY_TESTS_SUPPORT_MMDB_WRITER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace spillway {

// Encoded values; the text of one is its bytes in the data section.
using MmdbPairs = std::vector<std::pair<std::string, std::string>>;
std::string MmdbString(absl::string_view text);
std::string MmdbDouble(double value);
std::string MmdbUint16(uint16_t value);
std::string MmdbUint32(uint32_t value);
std::string MmdbUint64(uint64_t value);
std::string MmdbMap(const MmdbPairs& pairs);
std::string MmdbArray(const std::vector<std::string>& values);
std::string MmdbPointer(size_t offset);  // 4-byte form

// Records of the usual shapes.
std::string CountryRecord(absl::string_view iso_code);
std::string CityRecord(absl::string_view country, absl::string_view region, double lat, double lon);
std::string AsnRecord(uint32_t asn);

struct MmdbOptions {
  std::string type = "GeoLite2-Country";
  int record_bits = 24;  // 24, 28, 32
  int ip_version = 6;
  bool alias_ipv4 = false;  // ::ffff:0:0/96, 2002::/16 and 2001::/32 lead to the IPv4 subtree
  uint64_t build_epoch = 1'750'000'000;
  std::string extra_metadata_key;    // one more pair in the metadata map, when set
  std::string extra_metadata_value;  // encoded
};

class MmdbWriter {
 public:
  explicit MmdbWriter(MmdbOptions options = {});
  // Puts raw bytes in the data section; their offset, for pointers. Same bytes, same offset.
  size_t AddData(const std::string& encoded);
  // `prefix` as text; a later, more specific one cuts into an earlier one. An IPv4 prefix goes
  // under ::/96 of an IPv6 file.
  void Insert(absl::string_view prefix, const std::string& encoded);
  std::string Finish();

 private:
  // Child: 0 = empty, positive = node, negative = -1 - offset of data.
  using Node = std::array<int64_t, 2>;
  // The node at the end of the path, made where missing; leaves on the way are pushed down.
  size_t MakePath(const uint8_t* bytes, int bits);
  void SetChild(size_t node, int side, int64_t child) { nodes_[node][side] = child; }
  void AliasIpv4();

  MmdbOptions options_;
  std::vector<Node> nodes_;
  std::string data_;
  std::map<std::string, size_t> offsets_;
};

}  // namespace spillway

#endif  // SPILLWAY_TESTS_SUPPORT_MMDB_WRITER_H_
