// steering/feed/json_error.h -- where a JSON text is broken: the line and column a person can go
// to.
//
// why: simdjson's DOM says that a text is broken but not where. This scanner runs only after
// simdjson
//      has refused, so it may be slow; it decides nothing, it explains.
// references: RFC 8259.
#ifndef SPILLWAY_STEERING_FEED_JSON_ERROR_H_
#define SPILLWAY_STEERING_FEED_JSON_ERROR_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace spillway {

struct JsonErrorSpot {
  size_t offset = 0;       // bytes before the fault; may equal the text's size
  size_t line = 1;         // from 1
  size_t column = 1;       // from 1, in bytes
  absl::string_view what;  // a literal: "want ',' or '}'"
};

// The first fault, or nothing when the text is sound and nested at most `depth_max` deep.
std::optional<JsonErrorSpot> FindJsonError(absl::string_view text, int depth_max);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FEED_JSON_ERROR_H_
