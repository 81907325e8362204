// apps/token_file.h -- the admin token as it lies in a file, one rule for server and command line.
//
// The first line that is not empty and does not begin with '#' counts; of `name:token` the part
// after the colon, for a token has none itself (RFC 6750 2.1).
#ifndef SPILLWAY_APPS_TOKEN_FILE_H_
#define SPILLWAY_APPS_TOKEN_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace spillway {

// Never empty; the error names `path`.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

}  // namespace spillway

#endif  // SPILLWAY_APPS_TOKEN_FILE_H_
