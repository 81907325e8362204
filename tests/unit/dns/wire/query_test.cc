// tests/unit/dns/wire/query_test.cc -- what ParseQuery takes and what it calls what it does not
// take.
#include "dns/wire/query.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace spillway::dns {
namespace {

// Spaces are for the reader.
std::vector<uint8_t> Octets(absl::string_view hex) {
  std::string bytes = absl::HexStringToBytes(absl::StrReplaceAll(hex, {{" ", ""}}));
  return {bytes.begin(), bytes.end()};
}

std::string Repeat(absl::string_view text, int times) {
  std::string all;
  while (times-- > 0) absl::StrAppend(&all, text);
  return all;
}

constexpr char kQuestion[] = "03777777 07 4578616d706c65 00 0001 0001";  // www.Example A IN
constexpr char kHeader[] = "abcd 0100 0001 0000 0000 0000";
constexpr char kHeaderWithOne[] = "abcd 0100 0001 0000 0000 0001";
constexpr char kHeaderWithTwo[] = "abcd 0100 0001 0000 0000 0002";
constexpr char kOpt[] = "00 0029 04d0 00008000 0000";

TEST(ParseQuery, NamesEveryRefusal) {
  const struct {
    const char* what;
    std::string hex;
    WireError error;
  } kCases[] = {
      {"plain question", absl::StrCat(kHeader, kQuestion), WireError::kOk},
      {"question with OPT", absl::StrCat(kHeaderWithOne, kQuestion, kOpt), WireError::kOk},
      {"eleven octets", "abcd 0100 0001 0000 0000 00", WireError::kShortHeader},
      {"a response", absl::StrCat("abcd 8100 0001 0000 0000 0000", kQuestion),
       WireError::kResponse},
      {"no question", "abcd 0100 0000 0000 0000 0000", WireError::kBadQuestionCount},
      {"two questions", absl::StrCat("abcd 0100 0002 0000 0000 0000", kQuestion, kQuestion),
       WireError::kBadQuestionCount},
      {"65535 questions, one there", absl::StrCat("abcd 0100 ffff 0000 0000 0000", kQuestion),
       WireError::kTruncatedMessage},
      {"question cut in its name", absl::StrCat(kHeader, "0377"), WireError::kTruncatedMessage},
      {"question cut in its class", absl::StrCat(kHeader, "00 0001 00"),
       WireError::kTruncatedMessage},
      {"pointer in the question", absl::StrCat(kHeader, "c00c 0001 0001"), WireError::kBadName},
      {"label type 01", absl::StrCat(kHeader, "41 0001 0001"), WireError::kBadName},
      {"name of 256 octets", absl::StrCat(kHeader, Repeat("0161", 128), "00 0001 0001"),
       WireError::kBadName},
      {"ARCOUNT without a record", absl::StrCat(kHeaderWithOne, kQuestion),
       WireError::kTruncatedMessage},
      {"OPT twice", absl::StrCat(kHeaderWithTwo, kQuestion, kOpt, kOpt), WireError::kOptTwice},
      {"OPT not at the root", absl::StrCat(kHeaderWithOne, kQuestion, "0161", kOpt),
       WireError::kOptNotRoot},
      {"OPT in the answer section", absl::StrCat("abcd 0100 0001 0001 0000 0000", kQuestion, kOpt),
       WireError::kOptMisplaced},
      {"RDLENGTH past the end",
       absl::StrCat(kHeaderWithOne, kQuestion, "00 0029 04d0 00000000 0004"),
       WireError::kTruncatedMessage},
      {"option past the OPT",
       absl::StrCat(kHeaderWithOne, kQuestion, "00 0029 04d0 00000000 0005 0003 0002 00"),
       WireError::kOptOverrun},
      {"half an option header",
       absl::StrCat(kHeaderWithOne, kQuestion, "00 0029 04d0 00000000 0003 0003 00"),
       WireError::kOptOverrun},
      {"bad ECS",
       absl::StrCat(kHeaderWithOne, kQuestion, "00 0029 04d0 00000000 0008 0008 0004 00030000"),
       WireError::kEcsFamily},
      {"cookie of 7",
       absl::StrCat(kHeaderWithOne, kQuestion,
                    "00 0029 04d0 00000000 000b 000a 0007 00000000000000"),
       WireError::kCookieSize},
      {"broken option, but of version 1",
       absl::StrCat(kHeaderWithOne, kQuestion, "00 0029 04d0 00010000 0005 0003 0002 00"),
       WireError::kOk},
      {"record with a compressed owner",
       absl::StrCat(kHeaderWithOne, kQuestion, "c00c 0001 0001 00000000 0000"), WireError::kOk},
      {"unknown options",
       absl::StrCat(kHeaderWithOne, kQuestion, "00 0029 04d0 00000000 0009 fde9 0001 aa fde9 0000"),
       WireError::kOk},
  };
  for (const auto& c : kCases) {
    Query query;
    EXPECT_EQ(ParseQuery(Octets(c.hex), &query), c.error) << c.what;
  }
}

TEST(ParseQuery, ReadsQuestionAndOpt) {
  Query query;
  std::string options =
      "0003 0000  0008 0007 00011800c63364  000a 0008 0102030405060708  000b 0000";
  auto bytes = Octets(absl::StrCat(kHeaderWithOne, "03575777 07 4578416d706c65 00 001c 0001",
                                   "00 0029 1000 00008000 001f", options));
  ASSERT_EQ(ParseQuery(bytes, &query), WireError::kOk);
  EXPECT_EQ(query.id, 0xabcd);
  EXPECT_EQ(query.flags, kFlagRd);
  EXPECT_EQ(query.qname.ToText(), "www.example.");
  EXPECT_EQ(query.qtype, RrType::kAaaa);
  EXPECT_EQ(query.qclass, RrClass::kIn);
  EXPECT_EQ(query.question_size, 17);
  EXPECT_TRUE(query.has_opt);
  EXPECT_TRUE(query.dnssec_ok);
  EXPECT_TRUE(query.wants_nsid);
  EXPECT_TRUE(query.wants_keepalive);
  EXPECT_EQ(query.udp_size, 4096);
  ASSERT_TRUE(query.has_ecs);
  EXPECT_EQ(query.ecs.address.ToString(), "198.51.100.0");
  EXPECT_EQ(query.ecs.source_bits, 24);
  ASSERT_EQ(query.cookie_size, 8);
  EXPECT_EQ(bytes[query.cookie_offset + 7u], 8);
}

TEST(ParseQuery, KnowsThereWasAnOptWhenItRefusesTheMessage) {
  for (const char* opt : {"0161 00 0029 04d0 00000000 0000", "00 0029 04d0 00000000 0004",
                          "00 0029 04d0 00000000 0005 0003 0002 00"}) {
    Query query;
    EXPECT_NE(ParseQuery(Octets(absl::StrCat(kHeaderWithOne, kQuestion, opt)), &query),
              WireError::kOk);
    EXPECT_TRUE(query.has_opt) << opt;
    EXPECT_EQ(query.question_size, 17);
  }
  Query two;
  EXPECT_EQ(
      ParseQuery(Octets(absl::StrCat("abcd 0100 0002 0000 0000 0001", kQuestion, kQuestion, kOpt)),
                 &two),
      WireError::kBadQuestionCount);
  EXPECT_TRUE(two.has_opt);
  EXPECT_EQ(two.question_size, 0);
}

TEST(ParseQuery, SeesOpcodesWithoutQuestion) {
  Query query;
  EXPECT_EQ(ParseQuery(Octets("abcd 2000 0000 0000 0000 0000"), &query),
            WireError::kBadQuestionCount);
  EXPECT_EQ(query.opcode, Opcode::kNotify);
}

TEST(ParseQuery, SurvivesEveryCutOfALongMessage) {
  auto bytes = Octets(absl::StrCat(kHeaderWithOne, kQuestion,
                                   "00 0029 1000 00008000 000b 0008 0007 00011800c63364"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    Query query;
    EXPECT_NE(ParseQuery(cut, &query), WireError::kOk) << size;
  }
}

}  // namespace
}  // namespace spillway::dns
