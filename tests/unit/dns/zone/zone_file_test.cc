// tests/unit/dns/zone/zone_file_test.cc -- what master files are taken, and what people are told.
#include "dns/zone/zone_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace spillway::dns {
namespace {

using ::testing::HasSubstr;

constexpr char kTop[] = "@ 3600 SOA ns hostmaster 1 2 3 4 300\n@ 3600 NS ns\n";  // two lines

Name N(absl::string_view text) { return *Name::FromText(text); }

std::string ErrorOf(absl::string_view text) {
  auto zone = ParseZone(text, "f", N("example"));
  return zone.ok() ? "" : std::string(zone.status().message());
}

// "ttl hex hex ..." of one RRset, or "none".
std::string SetOf(absl::string_view text, absl::string_view owner, RrType type) {
  auto zone = ParseZone(absl::StrCat(kTop, text), "f", N("example"));
  if (!zone.ok()) return std::string(zone.status().message());
  const ZoneNode* node = (*zone)->FindNode(N(owner).wire());
  const RrSet* set = node == nullptr ? nullptr : (*zone)->FindSet(*node, type);
  if (set == nullptr) return "none";
  std::string out = absl::StrCat(set->ttl_s);
  for (RdataCursor c((*zone)->rdata(*set)); !c.done(); c.Next()) {
    absl::StrAppend(&out, " ", absl::BytesToHexString(c.data()));
  }
  return out;
}

TEST(ZoneFile, TellsEveryFaultWithItsLine) {
  const struct {
    const char* what;
    std::string text;
    std::string error;
  } kCases[] = {
      {"sound", kTop, ""},
      {"empty", "", "f:1: no SOA record; want one at the top of the zone"},
      {"no NS", "@ SOA ns h 1 2 3 4 5", "f:1: no NS record at 'example.'; want at least one"},
      {"two SOA", absl::StrCat(kTop, "@ SOA ns h 9 9 9 9 9\n"),
       "f:3: second SOA; want one per zone, the first is 'example.' on line 1"},
      {"outside", absl::StrCat(kTop, "www.example.org. A 192.0.2.1\n"),
       "f:3: 'www.example.org.' is outside the zone 'example.'"},
      {"suffix but not below", absl::StrCat(kTop, "notexample. A 192.0.2.1\n"),
       "f:3: 'notexample.' is outside the zone 'example.'"},
      {"CNAME and A", absl::StrCat(kTop, "a CNAME b\nb A 192.0.2.1\na A 192.0.2.1\n"),
       "f:5: CNAME beside other data at 'a.example.'; an alias stands alone"},
      {"two CNAMEs", absl::StrCat(kTop, "a CNAME b\na CNAME c\n"),
       "f:4: second CNAME at 'a.example.'"},
      {"CNAME at the apex", absl::StrCat(kTop, "@ CNAME b\n"),
       "f:3: CNAME beside other data at 'example.'; an alias stands alone"},
      {"generate", absl::StrCat(kTop, "$GENERATE 1-3 a$ A 192.0.2.$\n"),
       "f:3: $GENERATE is not supported; want the records themselves in this file"},
      {"include of nothing", absl::StrCat(kTop, "$INCLUDE\n"),
       "f:3: $INCLUDE: want a file and perhaps its origin, got 0 values"},
      {"unknown directive", absl::StrCat(kTop, "$FOO 1\n"),
       "f:3: unknown directive '$FOO'; want $ORIGIN, $TTL or $INCLUDE"},
      {"bad TTL directive", absl::StrCat(kTop, "$TTL soon\n"),
       "f:3: $TTL: want 0 to 2147483647 seconds or a form like 1h30m, got 'soon'"},
      {"TTL with the top bit", absl::StrCat(kTop, "a 2147483648 A 192.0.2.1\n"),
       "f:3: TTL 2147483648 is over 2147483647 (RFC 2181 8)"},
      {"class CH", absl::StrCat(kTop, "a CH TXT x\n"), "f:3: class 3; want IN"},
      {"bad address", absl::StrCat(kTop, "a A 192.0.2\n"),
       "f:3: cannot read 'a A 192.0.2': Syntax error, could not parse the RR's rdata"},
      {"question type", absl::StrCat(kTop, "a TYPE255 \\# 0\n"),
       "f:3: type 255 is for questions and wrappers; it cannot be in a zone"},
      {"SRV of generic data cut short", absl::StrCat(kTop, "a TYPE33 \\# 4 00000000\n"),
       "f:3: the data at 'a.example.' is not what type 33 holds"},
      {"HINFO of generic data with one string", absl::StrCat(kTop, "a TYPE13 \\# 2 0161\n"),
       "f:3: the data at 'a.example.' is not what type 13 holds"},
      {"several at once", absl::StrCat(kTop, "a A x\nb CNAME c\nb A 192.0.2.1\n( \n"),
       "f:3: cannot read 'a A x': Syntax error, could not parse the RR's rdata\n"
       "f:5: CNAME beside other data at 'b.example.'; an alias stands alone\n"
       "f:6: parenthesis not closed"},
  };
  for (const auto& c : kCases) EXPECT_EQ(ErrorOf(c.text), c.error) << c.what;
}

TEST(ZoneFile, RefusesASetThatFitsNoAnswer) {
  std::string text = kTop;
  for (int i = 0; i < 300; ++i) {
    absl::StrAppend(&text, "a TXT \"", std::string(250, 'x'), "\" ", i, "\n");
  }
  EXPECT_EQ(ErrorOf(text), "f:3: type 16 at 'a.example.': 300 records fit no answer; want fewer");
}

TEST(ZoneFile, TakesDirectivesInAnyCase) {
  EXPECT_EQ(SetOf("$ttl 60\n$Origin sub\nx A 192.0.2.1", "x.sub.example", RrType::kA),
            "60 c0000201");
}

TEST(ZoneFile, KeepsTtlsAsWritten) {
  EXPECT_EQ(SetOf("a 0 A 192.0.2.1", "a.example", RrType::kA), "0 c0000201");
  EXPECT_EQ(SetOf("a 2147483647 A 192.0.2.1", "a.example", RrType::kA), "2147483647 c0000201");
  EXPECT_EQ(SetOf("$TTL 0\na A 192.0.2.1", "a.example", RrType::kA), "0 c0000201");
  EXPECT_EQ(SetOf("$TTL 1h30m\na A 192.0.2.1", "a.example", RrType::kA), "5400 c0000201");
  EXPECT_EQ(SetOf("b 77 A 192.0.2.9\na A 192.0.2.1", "a.example", RrType::kA), "77 c0000201");
  EXPECT_EQ(SetOf("$TTL 60\nb 77 A 192.0.2.9\na A 192.0.2.1", "a.example", RrType::kA),
            "60 c0000201");
}

TEST(ZoneFile, GivesOneRrSetOneTtlAndEachRecordOnce) {
  EXPECT_EQ(SetOf("a 60 A 192.0.2.1\na 30 A 192.0.2.2\na 60 A 192.0.2.1", "a.example", RrType::kA),
            "30 c0000201 c0000202");
}

TEST(ZoneFile, FollowsOriginAndOwnersLeftOut) {
  EXPECT_EQ(SetOf("$ORIGIN sub\nx A 192.0.2.1", "x.sub.example", RrType::kA), "3600 c0000201");
  EXPECT_EQ(
      SetOf("$ORIGIN sub.example.\n$ORIGIN deep\n@ A 192.0.2.1", "deep.sub.example", RrType::kA),
      "3600 c0000201");
  EXPECT_EQ(SetOf("y A 192.0.2.1\n 60 AAAA ::1", "y.example", RrType::kAaaa),
            "60 00000000000000000000000000000001");
}

TEST(ZoneFile, FoldsOwnersButNotData) {
  EXPECT_EQ(SetOf("WWW CNAME Target", "www.example", RrType::kCname),
            "3600 06546172676574076578616d706c6500");
}

TEST(ZoneFile, TakesAnyOctetInLabels) {
  EXPECT_EQ(SetOf("a\\.b A 192.0.2.1", "a\\.b.example", RrType::kA), "3600 c0000201");
  EXPECT_EQ(SetOf("a\\000\\255\\032 A 192.0.2.1", "a\\000\\255\\032.example", RrType::kA),
            "3600 c0000201");
  EXPECT_EQ(SetOf("\\@ A 192.0.2.1", "\\@.example", RrType::kA), "3600 c0000201");
}

TEST(ZoneFile, TakesUnknownTypesAndGenericData) {
  EXPECT_EQ(SetOf("a TYPE65280 \\# 0", "a.example", RrType{65280}), "3600 ");
  EXPECT_EQ(SetOf("a TYPE65280 \\# 3 abcdef", "a.example", RrType{65280}), "3600 abcdef");
  EXPECT_EQ(SetOf("a TYPE1 \\# 4 c0000201", "a.example", RrType::kA), "3600 c0000201");
}

TEST(ZoneFile, TakesOrRefusesEmptyDataOfEveryType) {
  int taken = 0;
  for (int type = 0; type < 1024; ++type) {
    const std::string error = ErrorOf(absl::StrCat(kTop, "a TYPE", type, " \\# 0\n"));
    EXPECT_TRUE(error.empty() || error.substr(0, 5) == "f:3: ") << type << ": " << error;
    taken += static_cast<int>(error.empty());
  }
  EXPECT_GT(taken, 700);  // those without a name
}

TEST(ZoneFile, TakesStringsApartAndWhole) {
  EXPECT_EQ(SetOf("a TXT \"\" \"x y\" z", "a.example", RrType::kTxt), "3600 0003782079017a");
}

TEST(ZoneFile, WritesServiceParametersInKeyOrder) {
  EXPECT_EQ(SetOf("a HTTPS 1 . port=443 alpn=h2", "a.example", RrType::kHttps),
            "3600 000100000100030268320003000201bb");
}

TEST(ZoneFile, NamesTheZoneAfterTheFile) {
  auto zone = LoadZoneFile("/nowhere/example.zone");
  EXPECT_FALSE(zone.ok());
  EXPECT_FALSE(LoadZoneFile("/nowhere/a..b.zone").ok());
}

class ZoneIncludes : public ::testing::Test {
 protected:
  ZoneIncludes() { std::filesystem::create_directories(directory_ + "/sub"); }
  ~ZoneIncludes() override { std::filesystem::remove_all(directory_); }
  void Write(absl::string_view name, absl::string_view text) {
    std::ofstream(absl::StrCat(directory_, "/", name)) << text;
  }
  // The zone of top.zone as "owner type" lines, or the error without the directory.
  std::string Load() {
    auto zone = LoadZoneFile(absl::StrCat(directory_, "/top.zone"), N("example"));
    if (!zone.ok())
      return absl::StrReplaceAll(zone.status().message(), {{absl::StrCat(directory_, "/"), ""}});
    std::vector<std::string> lines;
    (*zone)->ForEachSet([&](const ZoneNode& node, const RrSet& set) {
      if (set.type == RrType::kA)
        lines.push_back(absl::StrCat(NameToText((*zone)->owner(node)), " ", set.ttl_s));
    });
    std::sort(lines.begin(), lines.end());
    return absl::StrJoin(lines, ", ");
  }
  const std::string directory_ = absl::StrCat(::testing::TempDir(), "/zone_includes_", getpid());
};

TEST_F(ZoneIncludes, StandInPlaceWithTheirOwnOrigin) {  // RFC 1035 5.1
  Write("top.zone", absl::StrCat(kTop, "$TTL 60\na A 192.0.2.1\n$INCLUDE sub/one inner\n",
                                 " A 192.0.2.9\nz A 192.0.2.3\n$INCLUDE sub/two\ny A 192.0.2.4\n"));
  Write("sub/one", "b A 192.0.2.2\n$ORIGIN deep\n$INCLUDE two\n");
  Write("sub/two", "c A 192.0.2.2\n$TTL 90\n");
  EXPECT_EQ(Load(),
            "a.example. 60, b.inner.example. 60, c.deep.inner.example. 60, c.example. 90, "
            "y.example. 90, z.example. 90");
}

TEST_F(ZoneIncludes, TellFaultsWithTheirOwnFile) {
  Write("top.zone", absl::StrCat(kTop, "$INCLUDE bad\nd A nonsense\na A 192.0.2.1\n"));
  Write("bad", "\nb \"A\na CNAME c\nq.elsewhere. A 192.0.2.1\n");
  EXPECT_THAT(Load(), HasSubstr("top.zone:4: cannot read"));
  EXPECT_THAT(Load(), HasSubstr("bad:2: quote not closed"));
  EXPECT_THAT(Load(), HasSubstr("bad:3: CNAME beside other data at 'a.example.'"));
  EXPECT_THAT(Load(), HasSubstr("bad:4: 'q.elsewhere.' is outside the zone 'example.'"));
}

TEST_F(ZoneIncludes, ThatAreMissingOrEndlessAreFaults) {
  Write("top.zone", absl::StrCat(kTop, "$INCLUDE nothing\n$INCLUDE self\n"));
  Write("self", "$INCLUDE self\n");
  EXPECT_THAT(Load(), HasSubstr("top.zone:3: $INCLUDE: "));
  EXPECT_THAT(Load(), HasSubstr("self:1: $INCLUDE: 'self' would be the 9th file inside another"));
}

}  // namespace
}  // namespace spillway::dns
