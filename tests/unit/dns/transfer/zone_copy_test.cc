// tests/unit/dns/transfer/zone_copy_test.cc -- what secondaries get, and what changed since.
#include "dns/transfer/zone_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "dns/transfer/transfer_table.h"
#include "dns/zone/zone_file.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::shared_ptr<const Zone> ZoneWith(uint32_t serial, absl::string_view records,
                                     std::vector<Name> steered = {}) {
  auto zone =
      ParseZone(absl::StrCat("@ 3600 SOA ns h ", serial, " 2 3 4 300\n@ 3600 NS ns\n", records),
                "f", N("example"));
  EXPECT_TRUE(zone.ok()) << zone.status();
  ZoneSet files = *ZoneSet::Create({std::shared_ptr<const Zone>(std::move(*zone))});
  return files.WithSteered(steered, {}, 1)->zones()[0];
}

std::shared_ptr<const ZoneCopy> Copy(std::shared_ptr<const Zone> zone,
                                     const ZoneCopy* previous = nullptr) {
  return ZoneCopy::Make(std::move(zone), Policy(), {}, previous);
}

std::string Filler(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, "f", i, " 60 A 192.0.2.1\n");
  return text;
}

std::vector<std::string> Owners(const ZoneCopy& copy, RrType type) {
  std::vector<std::string> owners;
  for (CopyCursor c(copy); !c.done(); c.Next()) {
    if (c.record().type == type) owners.push_back(NameToText(c.record().owner));
  }
  return owners;
}

TEST(SerialIsNewer, FollowsRfc1982AcrossTheWrap) {
  EXPECT_TRUE(SerialIsNewer(1, 0));
  EXPECT_TRUE(SerialIsNewer(0, UINT32_MAX));
  EXPECT_FALSE(SerialIsNewer(UINT32_MAX, 0));
  EXPECT_FALSE(SerialIsNewer(7, 7));
  EXPECT_FALSE(SerialIsNewer(1, 2));
}

TEST(ZoneCopy, HoldsEveryRecordOnceAndNoSoa) {
  auto copy = Copy(ZoneWith(5, "a.b.c 60 A 192.0.2.1\na.b.c 60 A 192.0.2.2\nc 60 TXT x\n"));
  EXPECT_EQ(copy->serial(), 5u);
  size_t count = 0;
  for (CopyCursor c(*copy); !c.done(); c.Next()) {
    EXPECT_NE(c.record().type, RrType::kSoa);
    ++count;
  }
  EXPECT_EQ(count, 4u);
}

TEST(ZoneCopy, FallbackIsBoundedAndEachAddressStandsOnce) {
  Policy policy;
  Service service;
  service.name = "s";
  service.dns_names = {"live.example"};
  for (int i = 0; i < 100; ++i) {
    Target target;
    target.addresses_v4 = {IpAddress::V4(0xc0000200u + static_cast<uint32_t>(i / 2))};
    policy.targets.push_back(target);
    service.candidates.push_back(Candidate{TargetId(i)});
  }
  policy.services = {service};
  auto copy = ZoneCopy::Make(ZoneWith(1, "", {N("live.example")}), policy,
                             SteeredServicesOf(policy), nullptr);
  EXPECT_THAT(Owners(*copy, RrType::kA), SizeIs(kFallbackMax));
  std::set<std::string> data;
  for (const OwnedRecord& record : copy->fallback()) data.insert(record.rdata);
  EXPECT_EQ(data.size(), kFallbackMax);
}

TEST(ZoneCopy, DeltasLeadFromEveryKeptVersionToThisOne) {
  auto one = Copy(ZoneWith(1, absl::StrCat(Filler(50), "a 60 A 192.0.2.1\n")));
  auto two = Copy(ZoneWith(2, absl::StrCat(Filler(50), "a 60 A 192.0.2.2\n")), one.get());
  auto three = Copy(ZoneWith(3, absl::StrCat(Filler(51), "a 60 A 192.0.2.2\n")), two.get());
  ASSERT_THAT(three->DeltasSince(1), SizeIs(2));
  EXPECT_THAT(three->DeltasSince(1)[0]->removed, SizeIs(1));
  EXPECT_THAT(three->DeltasSince(1)[0]->added, SizeIs(1));
  EXPECT_THAT(three->DeltasSince(2)[0]->removed, IsEmpty());
  EXPECT_THAT(three->DeltasSince(2)[0]->added, SizeIs(1));
  EXPECT_THAT(three->DeltasSince(3), IsEmpty());
  EXPECT_THAT(three->DeltasSince(9), IsEmpty());
}

TEST(ZoneCopy, HistoryIsNeverLargerThanTheZone) {
  auto copy = Copy(ZoneWith(0, Filler(50)));
  for (uint32_t serial = 1; serial < 200; ++serial) {
    copy = Copy(ZoneWith(serial, absl::StrCat(Filler(50), "a 60 A 192.0.2.", serial, "\n")),
                copy.get());
  }
  EXPECT_THAT(copy->DeltasSince(1), IsEmpty());
  EXPECT_THAT(copy->DeltasSince(198), SizeIs(1));
  auto everything = Copy(ZoneWith(200, "b 60 A 192.0.2.9\n"), copy.get());
  EXPECT_THAT(everything->DeltasSince(199), IsEmpty());  // a whole transfer is shorter
}

TEST(ZoneCopy, ASerialThatFallsOrStaysWithOtherContentEndsTheHistory) {
  auto one = Copy(ZoneWith(1, Filler(50)));
  auto two = Copy(ZoneWith(2, Filler(51)), one.get());
  EXPECT_THAT(Copy(ZoneWith(2, Filler(51)), two.get())->DeltasSince(1), SizeIs(1));
  EXPECT_THAT(Copy(ZoneWith(2, Filler(52)), two.get())->DeltasSince(1), IsEmpty());
  EXPECT_THAT(Copy(ZoneWith(1, Filler(50)), two.get())->DeltasSince(2), IsEmpty());
}

TEST(TransferTable, NamesTheKeyThatIsMissingAndWhere) {
  Policy policy;
  policy.transfers.key = {"xfr.example", "p.yaml:3:7"};
  std::vector<std::string> warnings;
  auto table = TransferTable::Make(ZoneSet(), policy, nullptr, nullptr, &warnings);
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.status().message(),
            "p.yaml:3:7: error: no TSIG key 'xfr.example'; want --tsig_key_file with it");
}

TEST(TransferTable, AllowsByAddressAndKeyTogether) {
  auto keys = std::make_shared<const TsigKeys>(
      *TsigKeys::Parse("k hmac-sha256 MDEyMzQ1Njc4OWFiY2RlZg==\nl hmac-sha256 "
                       "MDEyMzQ1Njc4OWFiY2RlZg==\n",
                       "f"));
  const TsigKey* k = keys->Find(N("k")).get();
  const TsigKey* l = keys->Find(N("l")).get();
  const auto inside = *IpAddress::Parse("192.0.2.1");
  const auto outside = *IpAddress::Parse("198.51.100.1");
  std::vector<std::string> warnings;
  Policy policy;
  auto nobody = *TransferTable::Make(ZoneSet(), policy, keys, nullptr, &warnings);
  EXPECT_FALSE(nobody->Allows(inside, k));
  policy.transfers.allow = {*IpPrefix::Parse("192.0.2.0/24")};
  auto by_address = *TransferTable::Make(ZoneSet(), policy, keys, nullptr, &warnings);
  EXPECT_TRUE(by_address->Allows(inside, nullptr));
  EXPECT_FALSE(by_address->Allows(outside, k));
  policy.transfers.key = {"k", ""};
  auto both = *TransferTable::Make(ZoneSet(), policy, keys, nullptr, &warnings);
  EXPECT_TRUE(both->Allows(inside, k));
  EXPECT_FALSE(both->Allows(inside, l));
  EXPECT_FALSE(both->Allows(inside, nullptr));
  EXPECT_FALSE(both->Allows(outside, k));
}

TEST(TransferTable, SaysWhenAZoneChangedUnderTheSameSerial) {
  Policy policy;
  policy.transfers.allow = {*IpPrefix::Parse("192.0.2.0/24")};
  std::vector<std::string> warnings;
  auto before = *TransferTable::Make(*ZoneSet::Create({ZoneWith(1, Filler(1))}), policy, nullptr,
                                     nullptr, &warnings);
  auto same = *TransferTable::Make(*ZoneSet::Create({ZoneWith(1, Filler(1))}), policy, nullptr,
                                   before.get(), &warnings);
  EXPECT_THAT(warnings, IsEmpty());
  auto after = *TransferTable::Make(*ZoneSet::Create({ZoneWith(1, Filler(2))}), policy, nullptr,
                                    same.get(), &warnings);
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr("zone example. changed but its serial is still 1"));
}

}  // namespace
}  // namespace spillway::dns
