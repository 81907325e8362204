// http/admin/drain_request.h -- the body of /v1/drain and /v1/undrain, checked.
#ifndef SPILLWAY_HTTP_ADMIN_DRAIN_REQUEST_H_
#define SPILLWAY_HTTP_ADMIN_DRAIN_REQUEST_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spillway::http {

struct DrainRequest {
  std::string target;
  std::string who;
  std::string why;
  std::optional<absl::Duration> duration;  // "for"; absent = until undone
  bool force = false;
};

// Strict: unknown keys, wrong types, empty target or who are errors with want and got. `why` may be
// empty only when `need_why` is false.
absl::StatusOr<DrainRequest> ParseDrainRequest(absl::string_view json, bool need_why);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_DRAIN_REQUEST_H_
