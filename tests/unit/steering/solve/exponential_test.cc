// tests/unit/steering/solve/exponential_test.cc -- e^x four at a time against the library's.
#include "steering/solve/exponential.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace spillway::solve {
namespace {

std::vector<float> Exp(std::vector<float> x) {
  Exponentiate(absl::MakeSpan(x));
  return x;
}

TEST(Exponentiate, IsTheLibrarysWithinThreePartsInTenMillion) {
  std::vector<float> x;
  for (double at = 0; at >= kExponentMin; at -= 0.00037) x.push_back(static_cast<float>(at));
  const std::vector<float> y = Exp(x);
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(x[i]));
    ASSERT_NEAR(y[i] / exact, 1, 3e-7) << x[i];
  }
}

TEST(Exponentiate, NothingOutsideItsRange) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float x : {-69.001f, -100.0f, -1e30f, -kInfinity, 0.001f, 100.0f, kInfinity})
    EXPECT_EQ(Exp({x})[0], 0) << x;
}

TEST(Exponentiate, AnyLengthAndTheEnds) {
  for (size_t size = 0; size < 10; ++size) {
    for (const float y : Exp(std::vector<float>(size, 0))) EXPECT_EQ(y, 1);
  }
  EXPECT_GT(Exp({kExponentMin})[0], std::numeric_limits<float>::min());
}

}  // namespace
}  // namespace spillway::solve
