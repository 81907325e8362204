#include "steering/geo/group_map_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/ip.h"
#include "tests/support/mmdb_writer.h"

namespace spillway {
namespace {

// A directory of the test, with a database in it.
class GroupMapFileTest : public testing::Test {
 protected:
  GroupMapFileTest() {
    folder_ = absl::StrCat(testing::TempDir(), "/groups.", getpid());
    mkdir(folder_.c_str(), 0700);
    sources_.country = folder_ + "/country.mmdb";
    path_ = absl::StrCat(folder_, "/", GroupMapFile::kName);
    WriteDatabase("DE");
    NamedGroup lab;
    lab.name = "lab";
    lab.prefixes = {*IpPrefix::Parse("203.0.113.0/26"), *IpPrefix::Parse("2001:db8:1:2:3::/80")};
    named_ = {lab};
  }
  ~GroupMapFileTest() override {
    unlink(path_.c_str());
    unlink(sources_.country.c_str());
    rmdir(folder_.c_str());
  }

  void WriteDatabase(const char* country) {
    MmdbWriter w;
    for (int i = 0; i < 200; ++i) {
      w.Insert(absl::StrCat("192.0.", i, ".0/25"), CountryRecord(i % 3 == 0 ? country : "US"));
      w.Insert(absl::StrCat("2001:db8:", i, "::/48"), CountryRecord(i % 2 == 0 ? country : "FR"));
    }
    ASSERT_TRUE(WriteFileAtomically(sources_.country, w.Finish()).ok());
  }

  std::shared_ptr<const GroupMap> Get() {
    auto map = GroupMapFile::BuildOrRead(sources_, named_, folder_);
    EXPECT_TRUE(map.ok()) << map.status();
    return map.ok() ? *map : nullptr;
  }
  std::shared_ptr<const GroupMap> ReadBack() {
    return GroupMapFile::Read(GroupMapFile::KeyOf(sources_, named_), named_.size(), path_);
  }

  std::string folder_, path_;
  GeoSources sources_;
  std::vector<NamedGroup> named_;
};

TEST_F(GroupMapFileTest, WhatIsReadAnswersAsWhatWasBuilt) {
  const auto built = GroupMap::Build(sources_, named_);
  ASSERT_TRUE(built.ok());
  Get();
  const auto read = ReadBack();
  ASSERT_NE(read, nullptr) << "the first start left a file";
  ASSERT_EQ(read->groups().size(), (*built)->groups().size());
  for (size_t i = 0; i < read->groups().size(); ++i) {
    const Group &a = read->groups()[i], &b = (*built)->groups()[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.country, b.country);
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_EQ(a.location.has_value(), b.location.has_value());
    EXPECT_EQ(read->FindGroup(b.name), (*built)->FindGroup(b.name));
  }
  ASSERT_EQ(read->databases().size(), 1u);
  EXPECT_EQ(read->databases()[0].path, sources_.country);
  EXPECT_EQ(read->databases()[0].built, (*built)->databases()[0].built);
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto low = static_cast<uint32_t>(random());
    const IpAddress v4 = IpAddress::V4(0xc0000000 | (low & 0xffff));
    std::string text =
        absl::StrCat("2001:db8:", absl::Hex(low % 256), ":2:3:", absl::Hex(low >> 16), "::");
    for (const IpAddress& address : {v4, *IpAddress::Parse(text)}) {
      EXPECT_EQ(read->Locate(address).group, (*built)->Locate(address).group) << address.ToString();
      EXPECT_EQ(read->Locate(address).bits, (*built)->Locate(address).bits) << address.ToString();
    }
  }
}

TEST_F(GroupMapFileTest, AnotherDatabaseOrOtherGroupsAreBuiltAnew) {
  Get();
  const uint64_t key = GroupMapFile::KeyOf(sources_, named_);
  WriteDatabase("GB");
  EXPECT_NE(GroupMapFile::KeyOf(sources_, named_), key);
  EXPECT_EQ(ReadBack(), nullptr);
  EXPECT_TRUE(Get()->FindGroup("GB").has_value());
  EXPECT_NE(ReadBack(), nullptr) << "written anew";

  named_[0].prefixes.pop_back();
  EXPECT_EQ(ReadBack(), nullptr);
  named_[0].name = "garage";
  EXPECT_TRUE(Get()->FindGroup("??+garage").has_value());
}

TEST_F(GroupMapFileTest, ATornOrForeignFileIsNotRead) {
  Get();
  const std::string good = *ReadFile(path_);
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    if (i % 2 == 0) {
      bad.resize(random() % bad.size());
    } else {
      bad[random() % bad.size()] ^= static_cast<char>(1u << random() % 8);
    }
    ASSERT_TRUE(WriteFileAtomically(path_, bad).ok());
    EXPECT_EQ(ReadBack(), nullptr) << i;
  }
  ASSERT_TRUE(WriteFileAtomically(path_, "not ours").ok());
  EXPECT_TRUE(Get()->FindGroup("DE").has_value());
  EXPECT_NE(ReadBack(), nullptr) << "and is replaced";
}

TEST_F(GroupMapFileTest, AForgedFileIsRefusedOrAnswersWithinBounds) {
  Get();
  const std::string good = *ReadFile(path_);
  constexpr size_t kHead = 2 * sizeof(uint64_t), kTail = sizeof(uint64_t);
  std::mt19937_64 random(3);
  int adopted = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good.substr(0, good.size() - kTail);
    // The first octets are the groups and databases, most of the others roots.
    const size_t within =
        i % 2 == 0 ? std::min<size_t>(600, bad.size() - kHead) : bad.size() - kHead;
    bad[kHead + random() % within] ^= static_cast<char>(1u << random() % 8);
    const uint64_t hash = GroupMapFile::HashOf(bad);
    bad.append(reinterpret_cast<const char*>(&hash), sizeof hash);
    ASSERT_TRUE(WriteFileAtomically(path_, bad).ok());
    const auto map = ReadBack();
    if (map == nullptr) continue;
    ++adopted;
    for (const Group& group : map->groups()) {
      for (const LabelId label : group.labels) ASSERT_LT(label.index(), named_.size());
    }
    for (int k = 0; k < 100; ++k) {
      const auto low = static_cast<uint32_t>(random());
      const std::string mapped = absl::StrCat("::ffff:", absl::Hex(low >> 16), ":1");
      const std::string v6 = absl::StrCat("2001:db8:", absl::Hex(low % 256), ":2:3::");
      for (const IpAddress& address :
           {IpAddress::V4(low), *IpAddress::Parse(mapped), *IpAddress::Parse(v6)}) {
        const GroupMatch match = map->Locate(address);
        ASSERT_LT(match.group.index(), map->groups().size()) << address.ToString();
        ASSERT_LE(static_cast<int>(match.bits), address.is_v4() ? 32 : 128) << address.ToString();
      }
    }
  }
  EXPECT_GT(adopted, 0) << "a letter of a name does no harm";
}

TEST_F(GroupMapFileTest, WhatIsMadeUpIsBuilt) {
  GeoSources made_up;
  made_up.networks = {{*IpPrefix::Parse("192.0.2.0/24"), {.country = "DE"}}};
  EXPECT_EQ(GroupMapFile::KeyOf(made_up, named_), 0u);
  EXPECT_TRUE(GroupMapFile::BuildOrRead(made_up, named_, folder_).ok());
  made_up.networks[0].record.country = "FR";
  const auto map = GroupMapFile::BuildOrRead(made_up, named_, folder_);
  ASSERT_TRUE(map.ok());
  EXPECT_TRUE((*map)->FindGroup("FR").has_value());
}

TEST_F(GroupMapFileTest, AFolderThatCannotBeWrittenIsNoError) {
  const auto map = GroupMapFile::BuildOrRead(sources_, named_, folder_ + "/absent");
  ASSERT_TRUE(map.ok());
  EXPECT_TRUE((*map)->FindGroup("DE").has_value());
}

TEST_F(GroupMapFileTest, ADatabaseThatIsGoneIsTheErrorOfTheBuild) {
  Get();
  unlink(sources_.country.c_str());
  const auto map = GroupMapFile::BuildOrRead(sources_, named_, folder_);
  EXPECT_EQ(map.status().message(), GroupMap::Build(sources_, named_).status().message());
}

}  // namespace
}  // namespace spillway
