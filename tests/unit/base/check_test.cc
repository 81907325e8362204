// tests/unit/base/check_test.cc -- a broken invariant ends the program, a survivable bug is
// counted.
#include "base/check.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(CheckDeathTest, ABrokenInvariantSaysWhereAndWhat) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: CHECK failed: 1 \\+ 1 == 3");
}

TEST(Check, AHeldInvariantIsEvaluatedOnce) {
  int calls = 0;
  CHECK(++calls == 1);
  EXPECT_EQ(calls, 1);
  if (calls == 1)
    CHECK(true);
  else
    FAIL() << "CHECK must not swallow an else";
}

#ifdef NDEBUG
TEST(Dcheck, CostsNothingInReleaseBuilds) {
  int calls = 0;
  DCHECK(++calls == 99);
  EXPECT_EQ(calls, 0);
}

TEST(ReportBug, IsCountedAndSurvived) {
  const uint64_t before = BugCount();
  SPILLWAY_BUG("a bug planted by its test");
  SPILLWAY_BUG("a bug planted by its test");
  EXPECT_EQ(BugCount(), before + 2);
}
#else
TEST(DcheckDeathTest, EndsDebugBuilds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(DCHECK(false), "CHECK failed: false");
  EXPECT_DEATH(SPILLWAY_BUG("a bug planted by its test"), "a bug planted by its test");
}
#endif

}  // namespace
}  // namespace spillway
