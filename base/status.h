// base/status.h -- early return on absl::Status, in upstream's shape (absent from Abseil 20220623).
#ifndef SPILLWAY_BASE_STATUS_H_
#define SPILLWAY_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expr)                          \
  do {                                                 \
    if (absl::Status s_ = (expr); !s_.ok()) return s_; \
  } while (false)

#define SPILLWAY_CONCAT_INNER(a, b) a##b
#define SPILLWAY_CONCAT(a, b) SPILLWAY_CONCAT_INNER(a, b)
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_IMPL(SPILLWAY_CONCAT(or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(or_value, lhs, expr) \
  auto or_value = (expr);                          \
  if (!or_value.ok()) return or_value.status();    \
  lhs = std::move(or_value).value()

#endif  // SPILLWAY_BASE_STATUS_H_
