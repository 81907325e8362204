#include "base/flat_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace spillway {
namespace {

TEST(FlatIndex, FindsWhatWasAddedAndNothingElse) {
  std::vector<std::string> names;
  FlatIndex index;
  const auto name_of = [&names](uint32_t i) { return absl::string_view(names[i]); };
  EXPECT_EQ(index.Find("a", name_of), FlatIndex::kNone);
  for (uint32_t i = 0; i < 5000; ++i) {
    const std::string name = absl::StrCat("n", i * i);
    EXPECT_EQ(index.FindOrAdd(name, i, name_of), i);
    names.push_back(name);
  }
  EXPECT_EQ(index.size(), 5000u);
  for (uint32_t i = 0; i < 5000; ++i) {
    EXPECT_EQ(index.Find(names[i], name_of), i);
    EXPECT_EQ(index.Find(absl::StrCat("m", i), name_of), FlatIndex::kNone);
  }
  EXPECT_EQ(index.FindOrAdd(names[17], 9999, name_of), 17u) << "it has a number already";
  EXPECT_EQ(index.size(), 5000u);
}

TEST(FlatIndex, TheEmptyStringIsAStringToo) {
  std::vector<std::string> names = {""};
  FlatIndex index;
  const auto name_of = [&names](uint32_t i) { return absl::string_view(names[i]); };
  EXPECT_EQ(index.FindOrAdd("", 0, name_of), 0u);
  EXPECT_EQ(index.Find("", name_of), 0u);
  EXPECT_EQ(index.Find(absl::string_view("\0", 1), name_of), FlatIndex::kNone);
}

TEST(FlatHash, EveryOctetOfEverySizeCounts) {
  for (size_t size = 1; size <= 40; ++size) {
    absl::flat_hash_set<uint64_t> hashes = {FlatHash(std::string(size, 'a'))};
    for (size_t i = 0; i < size; ++i) {
      std::string other(size, 'a');
      other[i] = 'b';
      hashes.insert(FlatHash(other));
    }
    EXPECT_EQ(hashes.size(), size + 1) << size;
  }
}

TEST(FlatHash, SizesOfZerosDiffer) {
  absl::flat_hash_set<uint64_t> hashes;
  for (size_t size = 0; size <= 40; ++size) hashes.insert(FlatHash(std::string(size, '\0')));
  EXPECT_EQ(hashes.size(), 41u);
}

}  // namespace
}  // namespace spillway
