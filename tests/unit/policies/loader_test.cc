#include "policies/loader.h"
#include <gtest/gtest.h>
#include <iostream>
TEST(X, Y) {
  auto r = spillway::LoadPolicyDirectory(getenv("DIR") ? getenv("DIR") : ".");
  std::cout << spillway::FormatDiagnostics(r.diagnostics) << r.ok() << (r.ok() ? r.policy->version : "") << "\n";
}
