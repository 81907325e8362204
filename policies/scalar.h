// policies/scalar.h -- the types a field may have: how each is written, read and explained.
//
// why: YAML's own typing is off (`NO` is Norway here, not false). Each field says its type, and the
// type's parser decides what the text means, or says what it wanted with an example.
// units: Value in node.h (Mbps, per second, 0..1).
#ifndef SPILLWAY_POLICIES_SCALAR_H_
#define SPILLWAY_POLICIES_SCALAR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "policies/diagnostic.h"
#include "policies/node.h"

namespace spillway::policies {

enum class Type : uint8_t {
  kName,         // of a target, group, service, tag, limit: std::string
  kText,         // any text; checked later (keys that may be one of several kinds)
  kCountry,      // ISO 3166-1 alpha-2: std::string
  kAsn,          // int64_t
  kPrefix,       // IpPrefix
  kAddress,      // IpAddress
  kDnsName,      // std::string, lower case, no trailing dot
  kNamePattern,  // std::string: DNS name, "*.name" or "/regex/"
  kAuthority,    // std::string, lower case "host" or "host:port"
  kPathPattern,  // std::string
  kUrl,          // std::string
  kEndpoint,     // Endpoint
  kScheme,       // std::string "http" or "https"
  kClass,        // std::string, a ServiceClassName
  kSwitch,       // std::string "on" or "off"
  kMailbox,      // std::string, as a DNS name
  kBitrate,      // double, Mbps
  kRate,         // double, 1/s
  kCount,        // double
  kDuration,     // absl::Duration
  kFraction,     // double
  kNumber,       // double
  kInteger,      // int64_t
  kTime,         // absl::Time
  kPoint,        // GeoPoint; a list of two numbers
  kObject,       // a map with its own fields
};

// For the reference: "bitrate", and for messages: "a bitrate such as 400 Gbps".
absl::string_view TypeName(Type type);
absl::string_view TypeWanted(Type type);

struct ScalarFault {
  Complaint complaint;
  size_t offset = 0;  // into the text, where the fault is
};
// Exactly one of the two is set.
struct ScalarResult {
  std::optional<Value> value;
  ScalarFault fault;
};

// Reads `text` as `type` (not kPoint, not kObject). Cost O(size); kPathPattern and kNamePattern
// compile a regular expression.
ScalarResult ParseScalar(Type type, absl::string_view text);

// The number of a value that is one (a duration in seconds), for range checks.
std::optional<double> Magnitude(const Value& value);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_SCALAR_H_
