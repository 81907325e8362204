// tests/unit/dns/wire/writer_test.cc -- compression and rollback, with ldns reading what was
// written.
#include "dns/wire/writer.h"

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/wire/edns.h"
#include "dns/wire/name.h"

namespace spillway::dns {
namespace {

Name N(absl::string_view text) { return *Name::FromText(text); }

std::string LdnsNameAt(const Writer& writer, size_t offset) {
  ldns_rdf* rdf = nullptr;
  size_t pos = offset;
  auto bytes = writer.bytes();
  if (ldns_wire2dname(&rdf, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &pos) !=
      LDNS_STATUS_OK) {
    return "unreadable";
  }
  char* text = ldns_rdf2str(rdf);
  std::string result = text;
  std::free(text);
  ldns_rdf_deep_free(rdf);
  return result;
}

TEST(Writer, PointsToNamesAlreadyWrittenAndLdnsAgrees) {
  std::vector<uint8_t> buffer(512);
  Writer writer(absl::MakeSpan(buffer));
  writer.Bytes(std::string(12, '\0'));
  const char* const kNames[] = {
      "www.example.com.", "www.example.com.",   "ns1.example.com.", "com.", ".",
      "WWW.EXAMPLE.COM.", "a.ns1.example.com.", "example.org."};
  const size_t kSizes[] = {17, 2, 6, 2, 1, 2, 4, 13};
  std::vector<size_t> offsets;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    offsets.push_back(writer.size());
    writer.NameCompressed(N(kNames[i]).wire());
    EXPECT_EQ(writer.size() - offsets.back(), kSizes[i]) << kNames[i];
  }
  for (size_t i = 0; i < offsets.size(); ++i) {
    EXPECT_EQ(N(LdnsNameAt(writer, offsets[i])).ToText().size(), N(kNames[i]).ToText().size());
    EXPECT_TRUE(EqualNamesNoCase(N(LdnsNameAt(writer, offsets[i])).wire(), N(kNames[i]).wire()));
  }
}

TEST(Writer, ForgetsNamesThatWereRolledBack) {
  std::vector<uint8_t> buffer(100);
  Writer writer(absl::MakeSpan(buffer));
  writer.Bytes(std::string(12, '\0'));
  auto mark = writer.mark();
  writer.NameCompressed(N("gone.example").wire());
  writer.RollbackTo(mark);
  EXPECT_EQ(writer.size(), 12u);
  writer.NameCompressed(N("gone.example").wire());
  EXPECT_EQ(writer.size(), 12u + 14u);
}

TEST(Writer, WritesNothingPastItsLimitAndRecovers) {
  std::vector<uint8_t> buffer(64, 0xee);
  Writer writer(absl::MakeSpan(buffer));
  writer.set_limit(10);
  writer.U32(1);
  auto mark = writer.mark();
  writer.U32(2);
  writer.U32(3);  // does not fit
  EXPECT_FALSE(writer.ok());
  writer.U8(4);  // would fit, but the error sticks
  EXPECT_EQ(writer.size(), 8u);
  EXPECT_EQ(buffer[8], 0xee);
  writer.RollbackTo(mark);
  EXPECT_TRUE(writer.ok());
  writer.NameCompressed(N("abcde").wire());
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.size(), 4u);
}

TEST(Writer, KeepsWritingWhenTheCompressionTableIsFull) {
  std::vector<uint8_t> buffer(20000);
  Writer writer(absl::MakeSpan(buffer));
  writer.Bytes(std::string(12, '\0'));
  std::vector<std::pair<size_t, std::string>> written;
  for (int i = 0; i < 200; ++i) {
    std::string text = absl::StrCat("h", i, ".z", i % 50, ".example.");
    written.emplace_back(writer.size(), text);
    writer.NameCompressed(N(text).wire());
  }
  ASSERT_TRUE(writer.ok());
  for (const auto& [offset, text] : written) EXPECT_EQ(LdnsNameAt(writer, offset), text);
}

TEST(OptReply, SizeIsWhatIsWritten) {
  Ecs ecs;
  ecs.family = 1;
  ecs.source_bits = 20;
  OptReply replies[4];
  replies[1].nsid = "node-7";
  replies[2].ecs = &ecs;
  replies[2].keepalive_ds = uint16_t{100};
  replies[3].error = ExtendedError{EdeCode::kOther, "all targets down"};
  replies[3].nsid = "x";
  for (const OptReply& reply : replies) {
    std::vector<uint8_t> buffer(256);
    Writer writer(absl::MakeSpan(buffer));
    WriteOpt(reply, &writer);
    EXPECT_EQ(writer.size(), OptSize(reply));
    EXPECT_EQ(buffer[9] << 8 | buffer[10], static_cast<int>(writer.size() - kOptSizeMin));
  }
}

}  // namespace
}  // namespace spillway::dns
