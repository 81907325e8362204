// tests/unit/base/strong_id_test.cc -- ids of two kinds do not mix, and none is valid by accident.
#include "base/strong_id.h"

#include <type_traits>

#include "absl/hash/hash.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

using TargetId = StrongId<struct TargetTag>;
using GroupId = StrongId<struct GroupTag>;
using SmallId = StrongId<struct SmallTag, uint8_t>;

static_assert(!std::is_convertible_v<TargetId, GroupId>);
static_assert(!std::is_convertible_v<int, TargetId>);
static_assert(!std::is_convertible_v<TargetId, int>);
static_assert(sizeof(TargetId) == 4 && sizeof(SmallId) == 1);
static_assert(std::is_trivially_copyable_v<TargetId>);

TEST(StrongId, IsInvalidUntilGivenAValue) {
  EXPECT_FALSE(TargetId().valid());
  EXPECT_FALSE(SmallId(255).valid());
  EXPECT_TRUE(TargetId(0).valid());
  EXPECT_EQ(TargetId(size_t{7}).index(), 7u);
  EXPECT_EQ(SmallId(7).value(), 7);
}

TEST(StrongId, ComparesAndHashesAsItsNumber) {
  EXPECT_LT(TargetId(1), TargetId(2));
  EXPECT_EQ(TargetId(1), TargetId(1));
  EXPECT_EQ(absl::Hash<TargetId>()(TargetId(1)), absl::Hash<TargetId>()(TargetId(1)));
  EXPECT_NE(absl::Hash<TargetId>()(TargetId(1)), absl::Hash<TargetId>()(TargetId(2)));
}

}  // namespace
}  // namespace spillway
