// http/redirect/location.h -- where a redirect to a target leads.
#ifndef SPILLWAY_HTTP_REDIRECT_LOCATION_H_
#define SPILLWAY_HTTP_REDIRECT_LOCATION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "steering/model/policy.h"

namespace spillway::http {

// "host" or "host:port": the target's host, else its first address, else its cname; empty when it says
// nothing of the kind.
std::string AuthorityOf(const Target& target);

// "https" unless the target says otherwise.
absl::string_view SchemeOf(const Target& target);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_REDIRECT_LOCATION_H_
