#include "steering/geo/mmdb_data.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/mmdb_writer.h"

namespace spillway::geo {
namespace {

std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(MmdbData, ReadsEveryTypeThatGeoRecordsUse) {
  std::string bytes = MmdbMap({{"s", MmdbString("text")},
                               {"d", MmdbDouble(-33.5)},
                               {"u16", MmdbUint16(513)},
                               {"u32", MmdbUint32(4'000'000'000)},
                               {"u64", MmdbUint64(uint64_t{1} << 40)},
                               {"a", MmdbArray({MmdbString("first"), MmdbString("second")})}});
  MmdbData data(bytes);
  MmdbValue map = *data.At(0);
  EXPECT_EQ(data.String(*data.Find(map, "s")), "text");
  EXPECT_EQ(data.Number(*data.Find(map, "d")), -33.5);
  EXPECT_EQ(data.Uint(*data.Find(map, "u16")), 513u);
  EXPECT_EQ(data.Uint(*data.Find(map, "u32")), 4'000'000'000u);
  EXPECT_EQ(data.Uint(*data.Find(map, "u64")), uint64_t{1} << 40);
  EXPECT_EQ(data.String(*data.Front(*data.Find(map, "a"))), "first");
  EXPECT_FALSE(data.Find(map, "absent").has_value());
  EXPECT_EQ(data.error(), nullptr);
  EXPECT_EQ(data.Skip(0), bytes.size());
}

TEST(MmdbData, ReadsSizesOfEveryLength) {
  for (size_t size : {0, 28, 29, 284, 285, 65820, 65821, 70000}) {
    std::string bytes = MmdbString(std::string(size, 'x'));
    MmdbData data(bytes);
    EXPECT_EQ(data.String(*data.At(0))->size(), size);
    EXPECT_EQ(data.Skip(0), bytes.size());
  }
}

TEST(MmdbData, FollowsPointersOfEveryLength) {
  struct Case {
    std::string pointer;
    size_t target;
  };
  for (const Case& c :
       {Case{std::string("\x21\x05", 2), 0x105}, Case{std::string("\x28\x01\x02", 3), 0x102 + 2048},
        Case{std::string("\x30\x00\x01\x02", 4), 0x102 + 526336},
        Case{MmdbPointer(0x2345), 0x2345}}) {
    std::string bytes =
        c.pointer + std::string(c.target - c.pointer.size(), '\0') + MmdbString("hit");
    MmdbData data(bytes);
    auto value = data.At(0);
    ASSERT_TRUE(value.has_value()) << data.error();
    EXPECT_EQ(data.String(*value), "hit");
    EXPECT_EQ(value->next, c.pointer.size());
  }
}

TEST(MmdbData, RefusesDamageByName) {
  struct Case {
    const char* what;
    std::string bytes;
    const char* want;
  };
  const std::vector<Case> cases = {
      {"nothing at all", "", "value beyond the end of the data section"},
      {"string cut short", MmdbString("hello").substr(0, 3), "value cut short"},
      {"size byte missing", "\x5d", "size cut short"},
      {"extended type missing", std::string(1, '\0'), "value cut short"},
      {"extended type 20", std::string("\x00\x0d", 2), "value of an unknown type"},
      {"data cache container", std::string("\x00\x05", 2), "value of an unknown type"},
      {"double of 4 bytes", std::string("\x64\0\0\0\0", 5),
       "number with a size that its type cannot have"},
      {"pointer to itself", std::string("\x20\x00", 2), "pointer to a pointer"},
      {"pointer past the end", MmdbPointer(1000), "pointer beyond the end of the data section"},
      {"map that claims more pairs than there are", std::string("\xe5", 1) + MmdbString("a"),
       "value beyond the end of the data section"},
  };
  for (const Case& c : cases) {
    MmdbData data(c.bytes);
    if (auto value = data.At(0)) data.Skip(0);
    ASSERT_NE(data.error(), nullptr) << c.what;
    EXPECT_STREQ(data.error(), c.want) << c.what;
  }
}

TEST(MmdbData, RefusesNestingWithoutEnd) {
  std::string bytes = Repeat(std::string("\x01\x04", 2), 100'000);  // arrays of one array
  MmdbData data(bytes);
  EXPECT_FALSE(data.Skip(0).has_value());
  EXPECT_STREQ(data.error(), "values nested too deep");
}

TEST(MmdbData, RefusesKeysThatAreNoStrings) {
  std::string bytes = std::string("\xe1", 1) + MmdbUint16(1) + MmdbUint16(2);
  MmdbData data(bytes);
  EXPECT_FALSE(data.Find(*data.At(0), "k").has_value());
  EXPECT_STREQ(data.error(), "map key that is no string");
}

TEST(MmdbData, PlainMeansPointersToScalarsOnly) {
  std::string scalar = MmdbString("en");
  std::string good = scalar + MmdbArray({MmdbPointer(0), MmdbString("de")});
  EXPECT_TRUE(MmdbData(good).IsPlain(scalar.size()));
  std::string self = MmdbArray({MmdbPointer(0), MmdbPointer(0)});  // doubles at every level
  EXPECT_FALSE(MmdbData(self).IsPlain(0));
}

TEST(MmdbData, NeverReadsOutsideWhateverTheBytes) {
  std::mt19937_64 random(3);
  std::string sound = CityRecord("DE", "BE", 52.5, 13.4);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = sound;
    for (int flips = 0; flips < 3; ++flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    MmdbData data(bytes);
    if (auto map = data.At(0)) {
      if (auto found = data.Find(*map, "country")) data.Find(*found, "iso_code");
      data.Skip(0);
    }
  }
}

}  // namespace
}  // namespace spillway::geo
