// tests/unit/dns/zone/signatures_end_test.cc -- whoever signs is told in time.
#include "dns/zone/signatures_end.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/zone/zone_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spillway::dns {
namespace {

using testing::HasSubstr;

// Signed, if not truly: with signatures of the SOA and of one address that end when told.
std::shared_ptr<const Zone> SignedZone(const std::string& apex, const std::string& soa_end,
                                       const std::string& address_end) {
  const auto signature = [&](absl::string_view type, absl::string_view end) {
    return absl::StrCat("RRSIG ", type, " 13 2 60 ", end, " 20260101000000 1 ", apex, ". AAAA\n");
  };
  auto zone = ParseZone(
      absl::StrCat("$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n@ NSEC @ SOA NS RRSIG NSEC\n@ ",
                   signature("SOA", soa_end), "ns A 192.0.2.1\nns ", signature("A", address_end)),
      "f", *Name::FromText(apex));
  EXPECT_TRUE(zone.ok()) << zone.status();
  return *std::move(zone);
}

absl::Time At(const char* text) {
  absl::Time at;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &at, nullptr));
  return at;
}

TEST(SignaturesEnd, TheFirstOfAllThatEndsCounts) {
  const auto zone = SignedZone("a.test", "20261224120000", "20261224110000");
  EXPECT_EQ(zone->signatures_end(), At("2026-12-24T11:00:00Z"));
  auto zones = ZoneSet::Create({SignedZone("b.test", "20270101000000", "20270101000000"), zone});
  ASSERT_TRUE(zones.ok());
  EXPECT_EQ(FirstToEnd(*zones), zone.get());
}

TEST(SignaturesEnd, ItIsSaidTwoDaysBeforeAndAfterwards) {
  const auto zone = SignedZone("a.test", "20261224120000", "20261231000000");
  EXPECT_EQ(SignaturesWarning(*zone, At("2026-12-22T11:59:59Z")), "");
  EXPECT_EQ(SignaturesWarning(*zone, At("2026-12-22T12:00:00Z")),
            "zone a.test.: signatures end at 2026-12-24T12:00:00Z; validating resolvers refuse its "
            "answers from then on; want it signed anew");
  EXPECT_THAT(SignaturesWarning(*zone, At("2026-12-24T12:00:00Z")),
              HasSubstr("signatures ended at 2026-12-24T12:00:00Z; validating resolvers refuse"));
}

TEST(SignaturesEnd, AZoneWithoutSignaturesHasNone) {
  auto zone = ParseZone("$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n", "f",
                        *Name::FromText("a.test"));
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ((*zone)->signatures_end(), absl::InfiniteFuture());
  EXPECT_EQ(SignaturesWarning(**zone, At("2026-12-24T12:00:00Z")), "");
  auto zones = ZoneSet::Create({*std::move(zone)});
  ASSERT_TRUE(zones.ok());
  EXPECT_EQ(FirstToEnd(*zones), nullptr);
}

}  // namespace
}  // namespace spillway::dns
