// http/server/query.h -- name=value pairs of a query, raw or decoded, without building a map.
//
// The redirector copies queries octet for octet and never calls this; content steering and the
// admin API look parameters up.
#ifndef SPILLWAY_HTTP_SERVER_QUERY_H_
#define SPILLWAY_HTTP_SERVER_QUERY_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace spillway::http {

struct QueryParam {
  absl::string_view text;   // "name=value" as sent
  absl::string_view name;   // raw
  absl::string_view value;  // raw; empty when there is no '='
};

// Takes the first pair off `query`; nothing when it is empty. Empty pairs ("a&&b") are skipped.
std::optional<QueryParam> NextQueryParam(absl::string_view* query);

// Raw value of the first parameter of that (raw) name.
std::optional<absl::string_view> FindQueryParam(absl::string_view query, absl::string_view name);

// %XX and '+' decoded; nothing when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecode(absl::string_view text);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_QUERY_H_
