// tests/unit/base/status_test.cc -- early return leaves at the first error and moves values
// through.
#include "base/status.h"

#include <memory>

#include "gtest/gtest.h"

namespace spillway {
namespace {

absl::StatusOr<std::unique_ptr<int>> Make(int value) {
  if (value < 0) return absl::InvalidArgumentError("negative");
  return std::make_unique<int>(value);
}

absl::Status Use(int a, int b, int* steps) {
  ASSIGN_OR_RETURN(std::unique_ptr<int> first, Make(a));
  ++*steps;
  ASSIGN_OR_RETURN(auto second, Make(b));
  ++*steps;
  RETURN_IF_ERROR(*first + *second == 3 ? absl::OkStatus() : absl::NotFoundError("not three"));
  ++*steps;
  return absl::OkStatus();
}

TEST(Status, LeavesAtTheFirstError) {
  int steps = 0;
  EXPECT_TRUE(Use(1, 2, &steps).ok());
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(Use(-1, -1, &(steps = 0)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(steps, 0);
  EXPECT_FALSE(Use(1, -1, &(steps = 0)).ok());
  EXPECT_EQ(steps, 1);
  EXPECT_EQ(Use(1, 1, &(steps = 0)).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(steps, 2);
}

TEST(Status, AReturnInABranchBindsToItsBranch) {
  auto f = [](bool fail) -> absl::Status {
    if (fail)
      RETURN_IF_ERROR(absl::InternalError("x"));
    else
      return absl::OkStatus();
    return absl::OkStatus();
  };
  EXPECT_TRUE(f(false).ok());
  EXPECT_FALSE(f(true).ok());
}

}  // namespace
}  // namespace spillway
