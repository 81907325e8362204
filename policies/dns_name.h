// policies/dns_name.h -- syntax of names: DNS, HTTP authority, probe URL, contact.
//
// references: RFC 1035 2.3.4 (sizes), RFC 1123 2.1 (host names may begin with a digit),
// RFC 8552 (underscore labels), RFC 3986 3.2 (authority).
#ifndef SPILLWAY_POLICIES_DNS_NAME_H_
#define SPILLWAY_POLICIES_DNS_NAME_H_

#include "policies/scalar.h"

namespace spillway::policies {

// Each reads the whole of `text` or explains; values are those of the Type of the same name.
ScalarResult ParseDnsName(absl::string_view text);
ScalarResult ParseNamePattern(absl::string_view text);
ScalarResult ParseAuthority(absl::string_view text);
ScalarResult ParseUrl(absl::string_view text);
ScalarResult ParseMailbox(absl::string_view text);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_DNS_NAME_H_
