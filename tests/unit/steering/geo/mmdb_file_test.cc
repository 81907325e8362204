#include "steering/geo/mmdb_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/ip.h"
#include "steering/geo/geo_database.h"
#include "steering/geo/runs.h"
#include "tests/support/mmdb_writer.h"

namespace spillway::geo {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// "PREFIX CC" of every leaf with a record.
std::vector<std::string> Leaves(const MmdbFile& file) {
  std::vector<std::string> out;
  MmdbData data = file.data();
  auto add = [&](IpAddress first, int bits, size_t record) {
    if (record == MmdbFile::kNoRecord) return;
    auto code = data.Find(*data.Find(*data.At(record), "country"), "iso_code");
    out.push_back(IpPrefix{first, bits}.ToString() + " " + std::string(*data.String(*code)));
  };
  EXPECT_TRUE(file.Walk4([&](uint32_t first, int bits, size_t record) {
                    add(AddressOf(first), bits, record);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_TRUE(file.Walk6([&](absl::uint128 first, int bits, size_t record) {
                    add(AddressOf(first), bits, record);
                    return absl::OkStatus();
                  })
                  .ok());
  return out;
}

std::string Sound(const MmdbOptions& options = {}) {
  MmdbWriter w(options);
  w.Insert("192.0.2.0/24", CountryRecord("DE"));
  w.Insert("192.0.2.128/25", CountryRecord("FR"));
  if (options.ip_version == 6) w.Insert("2001:db8::/32", CountryRecord("JP"));
  return w.Finish();
}

// Opens and loads as the group map does; the message of what went wrong.
std::string LoadError(const std::string& bytes, GeoKind kind = GeoKind::kCountry) {
  auto file = MmdbFile::FromBytes(bytes, "x.mmdb");
  if (!file.ok()) return std::string(file.status().message());
  auto database = LoadGeoDatabase(**file, kind);
  return database.ok() ? "" : std::string(database.status().message());
}

TEST(MmdbFile, WalksEveryRecordSizeInOrder) {
  for (int bits : {24, 28, 32}) {
    auto file = MmdbFile::FromBytes(Sound({.record_bits = bits}), "x.mmdb");
    ASSERT_TRUE(file.ok()) << file.status().message();
    EXPECT_THAT(Leaves(**file),
                testing::ElementsAre("192.0.2.0/25 DE", "192.0.2.128/25 FR", "2001:db8::/32 JP"));
  }
}

TEST(MmdbFile, AnIpv4FileHasNothingInIpv6) {
  auto file = MmdbFile::FromBytes(Sound({.ip_version = 4}), "x.mmdb");
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_THAT(Leaves(**file), testing::ElementsAre("192.0.2.0/25 DE", "192.0.2.128/25 FR"));
}

TEST(MmdbFile, AliasesOfTheIpv4SubtreeAreLeftOut) {
  auto file = MmdbFile::FromBytes(Sound({.alias_ipv4 = true}), "x.mmdb");
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_THAT(Leaves(**file),
              testing::ElementsAre("192.0.2.0/25 DE", "192.0.2.128/25 FR", "2001:db8::/32 JP"));
}

TEST(MmdbFile, ARecordAboveTheIpv4SubtreeCoversAllOfIpv4) {
  MmdbWriter w;
  w.Insert("::/64", CountryRecord("DE"));
  auto file = MmdbFile::FromBytes(w.Finish(), "x.mmdb");
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(Leaves(**file), testing::ElementsAre("0.0.0.0/0 DE", "::/64 DE"));
}

TEST(MmdbFile, RefusesDamageByNameAndPlace) {
  std::string sound = Sound();
  size_t metadata = sound.rfind("\xab\xcd\xefMaxMind.com");
  std::string no_separator = sound;
  no_separator[no_separator.find(MmdbString("continent")) - 5] = 'x';
  std::string extra_key = "zzz";
  std::string deep;
  for (int i = 0; i < 30'000; ++i) deep += std::string("\x01\x04", 2);
  MmdbWriter wrong_type({.type = "GeoLite2-ASN"});
  wrong_type.Insert("192.0.2.0/24", AsnRecord(1));
  MmdbWriter no_country;
  no_country.Insert("192.0.2.0/24", AsnRecord(1));
  MmdbWriter long_code;
  long_code.Insert("192.0.2.0/24", CountryRecord("Germany"));
  MmdbWriter string_record;
  string_record.Insert("198.51.100.0/24", MmdbString("DE"));
  MmdbWriter deep_record;
  deep_record.Insert("198.51.100.0/24", MmdbMap({{"a", deep + MmdbUint16(1)}}));
  struct Case {
    const char* what;
    std::string bytes;
    const char* want;
  };
  const std::vector<Case> cases = {
      {"empty", "", "x.mmdb: not a MaxMind DB: the metadata marker is missing"},
      {"text", "hello", "x.mmdb: not a MaxMind DB"},
      {"cut in the data", sound.substr(0, metadata), "not a MaxMind DB"},
      {"cut in the metadata", sound.substr(0, sound.size() - 1), "x.mmdb: damaged metadata: "},
      {"metadata gone", sound.substr(0, metadata + 14), "damaged metadata: value beyond the end"},
      {"tree gone", sound.substr(metadata), "x.mmdb: "},
      {"separator overwritten", no_separator, "want 16 zero bytes after the search tree"},
      {"ASN file in the place of countries", wrong_type.Finish(),
       "x.mmdb: database_type: want one for Country, got \"GeoLite2-ASN\"; are the geo files in "
       "each"},
      {"no countries", no_country.Finish(), "x.mmdb: no network has a country.iso_code"},
      {"name for a code", long_code.Finish(),
       "x.mmdb: network 192.0.2.0/24: country.iso_code: want two letters, got Germany"},
      {"record no map", string_record.Finish(),
       "x.mmdb: network 198.51.100.0/24: record: want a map"},
      {"record nested for ever", deep_record.Finish(),
       "network 198.51.100.0/24: damaged data: values nested too deep at byte "},
      {"metadata nested for ever",
       Sound({.extra_metadata_key = extra_key, .extra_metadata_value = deep + MmdbUint16(1)}),
       "damaged metadata: values nested too deep"},
      {"metadata that doubles",
       Sound({.extra_metadata_key = "languages",
              .extra_metadata_value = MmdbArray({MmdbPointer(0), MmdbPointer(0)})}),
       "damaged metadata: pointer to a map, an array or a pointer"},
  };
  for (const Case& c : cases) EXPECT_THAT(LoadError(c.bytes), HasSubstr(c.want)) << c.what;
}

// Metadata is a map; patch the encoded number behind a key.
std::string Patched(std::string bytes, const std::string& key, const std::string& value) {
  size_t at = bytes.rfind(MmdbString(key));
  EXPECT_NE(at, std::string::npos);
  return bytes.replace(at + MmdbString(key).size(), value.size(), value);
}

TEST(MmdbFile, RefusesMetadataThatCannotBe) {
  std::string sound = Sound();
  EXPECT_THAT(LoadError(Patched(sound, "record_size", MmdbUint16(25))), StartsWith("x.mmdb: "));
  EXPECT_THAT(LoadError(Patched(sound, "record_size", MmdbUint16(0))), StartsWith("x.mmdb: "));
  EXPECT_THAT(LoadError(Patched(sound, "ip_version", MmdbUint16(5))), StartsWith("x.mmdb: "));
  EXPECT_THAT(LoadError(Patched(sound, "binary_format_major_version", MmdbUint16(3))),
              StartsWith("x.mmdb: "));
  EXPECT_THAT(LoadError(Patched(sound, "node_count", MmdbUint32(0))), StartsWith("x.mmdb: "));
  // 0x2aaaaaab * 6 bytes wraps to 2 in 32 bits: what libmaxminddb 1.7.1 computes.
  EXPECT_THAT(LoadError(Patched(sound, "node_count", MmdbUint32(0x2aaaaaab))),
              StartsWith("x.mmdb: "));
}

TEST(MmdbFile, RefusesTreesThatAreNone) {
  std::string sound = Sound({.record_bits = 32});
  auto with_record = [&sound](size_t node, int side, uint32_t value) {
    std::string bytes = sound;
    for (size_t i = 0; i < 4; ++i) {
      bytes[node * 8 + static_cast<size_t>(side) * 4 + i] =
          static_cast<char>(value >> (24 - 8 * i));
    }
    return bytes;
  };
  EXPECT_THAT(LoadError(with_record(0, 1, 1)),
              HasSubstr("damaged search tree: more ways than its"));
  EXPECT_THAT(LoadError(with_record(5, 0, 5)), HasSubstr("x.mmdb: damaged search tree: "));
  EXPECT_THAT(LoadError(with_record(110, 1, 0xfffffff0)), StartsWith("x.mmdb: "));
  EXPECT_THAT(LoadError(with_record(0, 1, 0)), StartsWith("x.mmdb: "));
}

TEST(MmdbFile, AMissingFileIsNamed) {
  auto file = MmdbFile::Open("/nonexistent/geo.mmdb");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("/nonexistent/geo.mmdb"));
}

TEST(MmdbFile, EveryTruncationAndBitFlipIsSurvived) {
  std::mt19937_64 random(5);
  std::string sound = Sound({.record_bits = 28});
  for (size_t size = 0; size < sound.size(); ++size) LoadError(sound.substr(0, size));
  for (size_t bit = 0; bit < sound.size() * 8; bit += 1 + random() % 5) {
    std::string bytes = sound;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    LoadError(bytes);
  }
}

}  // namespace
}  // namespace spillway::geo
