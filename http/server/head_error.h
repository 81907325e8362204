// http/server/head_error.h -- every way a request is refused before a handler sees it.
//
// Each refusal has one status (StatusOf) and one counter, whose label is NameOf. After any of
// them the connection is closed: where the next request begins is not certain.
#ifndef SPILLWAY_HTTP_SERVER_HEAD_ERROR_H_
#define SPILLWAY_HTTP_SERVER_HEAD_ERROR_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace spillway::http {

enum class [[nodiscard]] HeadError : uint8_t{
    kNone,        // complete and good
    kIncomplete,  // good so far; more octets are needed
    kBadMethod,
    kMethodTooLong,
    kBadTarget,
    kTargetTooLong,
    kBadVersion,
    kUnsupportedVersion,
    kBareLf,
    kObsoleteFold,
    kBadHeaderName,
    kBadHeaderValue,
    kTooManyHeaders,
    kHeadTooLarge,
    kMissingHost,
    kRepeatedHost,
    kBadHost,
    kBadContentLength,
    kRepeatedContentLength,
    kLengthAndEncoding,
    kTransferEncoding,
    kBodyTooLarge,
    kRequestTimeout,
};
inline constexpr size_t kHeadErrorCount = static_cast<size_t>(HeadError::kRequestTimeout) + 1;

// The HTTP status a refusal is answered with; 200 for kNone, 100 for kIncomplete, not sent.
int StatusOf(HeadError error);
// lower_snake name for metrics: "bad_host".
absl::string_view NameOf(HeadError error);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_HEAD_ERROR_H_
