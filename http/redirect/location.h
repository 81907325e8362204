// http/redirect/location.h -- where a redirect to a target leads; the one place that says so.
//
//   <scheme> :// <authority> [/] <path and query of the request, octet for octet>
//
// The parts are for the hot path, which writes them without joining; Location() joins them for
// people.
#ifndef SPILLWAY_HTTP_REDIRECT_LOCATION_H_
#define SPILLWAY_HTTP_REDIRECT_LOCATION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "steering/model/policy.h"

namespace spillway::http {

// "https" when the target names none. A view into the target, or static.
absl::string_view SchemeOf(const Target& target);

// Host as the policy has it, else the first address (IPv6 in brackets), else the cname; empty when
// the
// target has none of them: it cannot be redirected to.
std::string AuthorityOf(const Target& target);

// "/" when the text lacks a path: "http://host?q" has none (RFC 3986 6.2.3); else "".
absl::string_view MissingSlash(absl::string_view path_and_query);

// The whole URL; empty when the target has no authority.
std::string Location(const Target& target, absl::string_view path_and_query);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_REDIRECT_LOCATION_H_
