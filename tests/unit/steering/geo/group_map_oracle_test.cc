// The group map against libmaxminddb's own look-ups: 1,000,000 random addresses on the real country
// file, and made-up City and ASN files.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <maxminddb.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/ip.h"
#include "steering/geo/group_map.h"
#include "steering/geo/mmdb_file.h"
#include "steering/geo/runs.h"
#include "tests/support/mmdb_writer.h"

namespace spillway {
namespace {

// One file as libmaxminddb sees it.
class Oracle {
 public:
  explicit Oracle(const std::string& path) {
    ok_ = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &mmdb_) == 0;
  }
  ~Oracle() {
    if (ok_) MMDB_close(&mmdb_);
  }
  bool ok() const { return ok_; }

  struct Answer {
    MMDB_lookup_result_s result;
    int bits;  // depth of the leaf, in the address's own family
  };
  Answer Ask(const IpAddress& a) const {
    sockaddr_storage ss;
    a.ToSockaddr(0, &ss);
    int error = 0;
    Answer out{MMDB_lookup_sockaddr(&mmdb_, reinterpret_cast<sockaddr*>(&ss), &error), 0};
    EXPECT_EQ(error, MMDB_SUCCESS);
    out.bits = out.result.netmask;
    if (a.is_v4() && mmdb_.metadata.ip_version == 6) out.bits = std::max(0, out.bits - 96);
    return out;
  }
  static std::string Text(const MMDB_lookup_result_s& result, const char* const* path) {
    MMDB_lookup_result_s copy = result;
    MMDB_entry_data_s data;
    if (!copy.found_entry || MMDB_aget_value(&copy.entry, &data, path) != 0 || !data.has_data)
      return "";
    return {data.utf8_string, data.data_size};
  }
  static uint32_t Asn(const MMDB_lookup_result_s& result) {
    MMDB_lookup_result_s copy = result;
    MMDB_entry_data_s data;
    const char* const path[] = {"autonomous_system_number", nullptr};
    if (!copy.found_entry || MMDB_aget_value(&copy.entry, &data, path) != 0 || !data.has_data)
      return 0;
    return data.uint32;
  }
  std::string Country(const IpAddress& a) const {
    const char* const path[] = {"country", "iso_code", nullptr};
    std::string code = Text(Ask(a).result, path);
    return code.empty() ? "??" : code;
  }

 private:
  MMDB_s mmdb_{};
  bool ok_ = false;
};

// The parts of IPv6 where the group map and libmaxminddb mean different things (group_map.h).
bool IsSpecial(const IpAddress& a) {
  static const IpPrefix kSpecial[] = {*IpPrefix::Parse("::/95"), *IpPrefix::Parse("::ffff:0:0/96"),
                                      *IpPrefix::Parse("2002::/16"), *IpPrefix::Parse("2001::/32")};
  for (const IpPrefix& p : kSpecial) {
    if (p.Contains(a)) return true;
  }
  return false;
}

class CountryOracleTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* path = std::getenv("SPILLWAY_COUNTRY_MMDB");
    path_ = path != nullptr ? path : SPILLWAY_SOURCE_DIR "/.cache/geo/country.mmdb";
    if (access(path_.c_str(), R_OK) != 0) {
      GTEST_SKIP() << path_
                   << " is missing: run ops/geo (needs tor-geoipdb, libmaxmind-db-writer-perl)";
    }
    oracle_ = std::make_unique<Oracle>(path_);
    ASSERT_TRUE(oracle_->ok());
    auto map = GroupMap::Build({.country = path_}, {});
    ASSERT_TRUE(map.ok()) << map.status().message();
    map_ = *map;
    auto file = geo::MmdbFile::Open(path_);
    ASSERT_TRUE(file.ok() && (*file)
                                 ->Walk6([this](absl::uint128 first, int bits, size_t record) {
                                   if (record != geo::MmdbFile::kNoRecord) {
                                     networks_.emplace_back(first, bits);
                                   }
                                   return absl::OkStatus();
                                 })
                                 .ok());
    ASSERT_FALSE(networks_.empty());
  }

  // Biased into allocated space: half in a random network that has a record, a quarter right beside
  // one, a quarter anywhere in 2000::/3.
  IpAddress Biased6() {
    const auto& [first, bits] = networks_[random_() % networks_.size()];
    absl::uint128 any = absl::MakeUint128(random_(), random_());
    switch (random_() % 4) {
      case 0:
        return geo::AddressOf(absl::uint128{1} << 125 | any >> 3);
      case 1:
        return geo::AddressOf(any & 1 ? first - 1 : geo::LastKey(first, bits) + 1);
      default:
        return geo::AddressOf(first | (any & (geo::LastKey(first, bits) - first)));
    }
  }

  std::string NameAt(const IpAddress& a) const { return map_->group(map_->Locate(a).group).name; }

  // By stepping from leaf to leaf of the oracle: is all of `prefix` in `country`?
  bool AllIn(const IpPrefix& prefix, const std::string& country) const {
    if (prefix.address.is_v4()) {
      uint32_t first = prefix.address.v4_host_order();
      uint64_t last = geo::LastKey(first, prefix.bits);
      for (uint64_t a = first; a <= last;) {
        IpAddress at = IpAddress::V4(static_cast<uint32_t>(a));
        if (oracle_->Country(at) != country) return false;
        int bits = oracle_->Ask(at).bits;
        a = uint64_t{geo::LastKey(at.Masked(bits).v4_host_order(), bits)} + 1;
      }
      return true;
    }
    auto first = geo::KeyOf<absl::uint128>(prefix.address);
    absl::uint128 last = geo::LastKey(first, prefix.bits);
    for (absl::uint128 a = first;;) {
      IpAddress at = geo::AddressOf(a);
      if (oracle_->Country(at) != country) return false;
      int bits = oracle_->Ask(at).bits;
      absl::uint128 leaf_last = geo::LastKey(geo::KeyOf<absl::uint128>(at.Masked(bits)), bits);
      if (leaf_last >= last) return true;
      a = leaf_last + 1;
    }
  }

  std::string path_;
  std::unique_ptr<Oracle> oracle_;
  std::shared_ptr<const GroupMap> map_;
  std::vector<std::pair<absl::uint128, int>> networks_;
  std::mt19937_64 random_{20261122};
};

TEST_F(CountryOracleTest, AgreesWithLibmaxminddbOn500000RandomIpv4Addresses) {
  for (int i = 0; i < 500'000; ++i) {
    IpAddress a = IpAddress::V4(static_cast<uint32_t>(random_()));
    ASSERT_EQ(NameAt(a), oracle_->Country(a)) << a.ToString();
  }
}

TEST_F(CountryOracleTest, AgreesWithLibmaxminddbOn500000Ipv6AddressesOfAllocatedSpace) {
  int known = 0;
  for (int i = 0; i < 500'000; ++i) {
    IpAddress a = Biased6();
    if (IsSpecial(a)) continue;
    std::string name = NameAt(a);
    known += name != "??" ? 1 : 0;
    ASSERT_EQ(name, oracle_->Country(a)) << a.ToString();
  }
  EXPECT_GT(known, 150'000);  // else the test would compare emptiness with emptiness
}

TEST_F(CountryOracleTest, TheScopeIsTrueAndTheShortestTrueOne) {
  for (int i = 0; i < 20'000; ++i) {
    IpAddress a = i % 2 == 0 ? IpAddress::V4(static_cast<uint32_t>(random_())) : Biased6();
    GroupMatch match = map_->Locate(a);
    IpPrefix prefix{a.Masked(match.bits), match.bits};
    if (!a.is_v4() && (IsSpecial(a) || prefix.Contains(*IpAddress::Parse("2002::")))) continue;
    std::string country = map_->group(match.group).name;
    ASSERT_TRUE(AllIn(prefix, country)) << prefix.ToString() << " " << country;
    if (match.bits == 0) continue;
    IpPrefix wider{a.Masked(match.bits - 1), match.bits - 1};
    ASSERT_FALSE(AllIn(wider, country))
        << "needlessly long: " << prefix.ToString() << " " << country;
  }
}

// Below 2001:db8::/32 with few bits set, so that networks nest and are met.
absl::uint128 Sparse6(std::mt19937_64& random) {
  return absl::MakeUint128(0x20010db800000000 | (random() & random() & 0xffffffff),
                           random() & random() & random());
}

// City and ASN files with nested networks at random, each record size; the oracle joins both.
TEST(CityAndAsnOracle, AgreesWithLibmaxminddbOnRandomFiles) {
  std::mt19937_64 random(99);
  const char* const countries[] = {"DE", "US", "FR"};
  for (int bits : {24, 28, 32}) {
    MmdbWriter city({.type = "Test-City", .record_bits = bits}),
        asn({.type = "Test-ASN", .record_bits = bits});
    for (int depth = 4; depth <= 128; ++depth) {  // shorter first, so that longer ones cut in
      for (int i = 0; i < 6; ++i) {
        bool v4 = depth <= 32 && i < 4;
        absl::uint128 key = Sparse6(random);
        IpAddress a =
            v4 ? IpAddress::V4(static_cast<uint32_t>(random() & random())) : geo::AddressOf(key);
        std::string prefix = IpPrefix{a.Masked(depth), depth}.ToString();
        const char* country = countries[random() % 3];
        std::string region = random() % 2 == 0 ? "" : absl::StrCat("R", random() % 2);
        (i % 2 == 0 ? city : asn)
            .Insert(prefix, i % 2 == 0 ? CityRecord(country, region, 10, 20)
                                       : AsnRecord(100 + random() % 3));
      }
    }
    std::string base = absl::StrCat(testing::TempDir(), "/geo_oracle.", getpid(), ".", bits);
    std::string city_path = base + ".city", asn_path = base + ".asn";
    ASSERT_TRUE(WriteFileAtomically(city_path, city.Finish()).ok());
    ASSERT_TRUE(WriteFileAtomically(asn_path, asn.Finish()).ok());
    auto map =
        GroupMap::Build({.city = city_path, .asn = asn_path}, {{.name = "isp", .asns = {101}}});
    ASSERT_TRUE(map.ok()) << map.status().message();
    Oracle city_oracle(city_path), asn_oracle(asn_path);
    for (int i = 0; i < 50'000; ++i) {
      absl::uint128 key = Sparse6(random);
      IpAddress a = i % 2 == 0 ? IpAddress::V4(static_cast<uint32_t>(random() & random()))
                               : geo::AddressOf(key);
      std::string want = city_oracle.Country(a);
      const char* const path[] = {"subdivisions", "0", "iso_code", nullptr};
      std::string region = Oracle::Text(city_oracle.Ask(a).result, path);
      if (!region.empty()) absl::StrAppend(&want, "-", region);
      if (Oracle::Asn(asn_oracle.Ask(a).result) == 101) absl::StrAppend(&want, "+isp");
      ASSERT_EQ((*map)->group((*map)->Locate(a).group).name, want) << a.ToString();
    }
    unlink(city_path.c_str());
    unlink(asn_path.c_str());
  }
}

}  // namespace
}  // namespace spillway
