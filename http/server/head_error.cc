#include "http/server/head_error.h"

namespace spillway::http {
namespace {

struct Refusal {
  int status;
  absl::string_view name;
};

Refusal RefusalOf(HeadError error) {
  switch (error) {
    case HeadError::kNone:
      return {200, "none"};
    case HeadError::kIncomplete:
      return {100, "incomplete"};
    case HeadError::kBadMethod:
      return {400, "bad_method"};
    case HeadError::kMethodTooLong:
      return {501, "method_too_long"};
    case HeadError::kBadTarget:
      return {400, "bad_target"};
    case HeadError::kTargetTooLong:
      return {414, "target_too_long"};
    case HeadError::kBadVersion:
      return {400, "bad_version"};
    case HeadError::kUnsupportedVersion:
      return {505, "unsupported_version"};
    case HeadError::kBareLf:
      return {400, "bare_lf"};
    case HeadError::kObsoleteFold:
      return {400, "obsolete_fold"};
    case HeadError::kBadHeaderName:
      return {400, "bad_header_name"};
    case HeadError::kBadHeaderValue:
      return {400, "bad_header_value"};
    case HeadError::kTooManyHeaders:
      return {431, "too_many_headers"};
    case HeadError::kHeadTooLarge:
      return {431, "head_too_large"};
    case HeadError::kMissingHost:
      return {400, "missing_host"};
    case HeadError::kRepeatedHost:
      return {400, "repeated_host"};
    case HeadError::kBadHost:
      return {400, "bad_host"};
    case HeadError::kBadContentLength:
      return {400, "bad_content_length"};
    case HeadError::kRepeatedContentLength:
      return {400, "repeated_content_length"};
    case HeadError::kLengthAndEncoding:
      return {400, "length_and_encoding"};
    case HeadError::kTransferEncoding:
      return {501, "transfer_encoding"};
    case HeadError::kBodyTooLarge:
      return {413, "body_too_large"};
    case HeadError::kRequestTimeout:
      return {408, "request_timeout"};
  }
  return {400, "unknown"};
}

}  // namespace

int StatusOf(HeadError error) { return RefusalOf(error).status; }
absl::string_view NameOf(HeadError error) { return RefusalOf(error).name; }

}  // namespace spillway::http
