// tests/unit/dns/wire/tsig_test.cc -- signed questions as they come, and what goes back.
#include "dns/wire/tsig.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace spillway::dns {
namespace {

std::vector<uint8_t> Hex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(absl::StrReplaceAll(hex, {{" ", ""}}));
  return {bytes.begin(), bytes.end()};
}

constexpr char kOwner[] = "036b6579 00";              // key.
constexpr char kHead[] = "00fa 00ff 00000000";        // TSIG, ANY, TTL 0
constexpr char kAlgorithm[] = "03616c67 00";          // alg.
constexpr char kTime[] = "0000 6553f100 012c";        // time, fudge
constexpr char kRest[] = "0002 abcd 1234 0000 0000";  // MAC, original ID, error, other

std::string Record(absl::string_view size = "0017") {
  return absl::StrCat(kOwner, kHead, size, kAlgorithm, kTime, kRest);
}

TEST(Tsig, IsReadAndWrittenAsItCame) {
  Tsig tsig;
  const std::vector<uint8_t> message = Hex(absl::StrCat("ffff", Record()));
  ASSERT_EQ(ParseTsig(message, 2, &tsig), WireError::kOk);
  EXPECT_EQ(tsig.key.ToText(), "key.");
  EXPECT_EQ(tsig.algorithm.ToText(), "alg.");
  EXPECT_EQ(tsig.time_s, 0x6553f100u);
  EXPECT_EQ(tsig.fudge_s, 300);
  EXPECT_EQ(tsig.original_id, 0x1234);
  std::vector<uint8_t> out(TsigSize(tsig));
  Writer writer(absl::MakeSpan(out));
  WriteTsig(tsig, &writer);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.size(), out.size());
  EXPECT_EQ(out, Hex(Record()));
}

TEST(Tsig, IsRefusedWhenBroken) {
  const struct {
    const char* what;
    std::string record;
    WireError error;
  } kCases[] = {
      {"sound", Record(), WireError::kOk},
      {"class IN", absl::StrReplaceAll(Record(), {{"00ff", "0001"}}), WireError::kTsigBroken},
      {"TTL 1", absl::StrReplaceAll(Record(), {{"00ff 00000000", "00ff 00000001"}}),
       WireError::kTsigBroken},
      {"an octet left over", Record("0018") + "00", WireError::kTsigBroken},
      {"an octet short", Record("0016"), WireError::kTsigBroken},
      {"data past the end", Record("0100"), WireError::kTsigBroken},
      {"key pointing at itself", absl::StrCat("c000", kHead, "0017", kAlgorithm, kTime, kRest),
       WireError::kBadName},
      {"key pointing forward", absl::StrCat("c002", kHead, "0017", kAlgorithm, kTime, kRest),
       WireError::kBadName},
      {"label of an unknown type", absl::StrCat("41", Record()), WireError::kBadName},
  };
  for (const auto& c : kCases) {
    Tsig tsig;
    EXPECT_EQ(ParseTsig(Hex(c.record), 0, &tsig), c.error) << c.what;
  }
  // Cut anywhere.
  const std::vector<uint8_t> whole = Hex(Record());
  for (size_t size = 0; size < whole.size(); ++size) {
    Tsig tsig;
    EXPECT_NE(ParseTsig(absl::MakeConstSpan(whole).first(size), 0, &tsig), WireError::kOk) << size;
  }
}

}  // namespace
}  // namespace spillway::dns
