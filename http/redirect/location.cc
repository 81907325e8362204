#include "http/redirect/location.h"

#include "absl/strings/str_cat.h"
#include "base/ip.h"

namespace spillway::http {
namespace {

std::string BracketedIfV6(const IpAddress& address) {
  return address.is_v4() ? address.ToString() : absl::StrCat("[", address.ToString(), "]");
}

}  // namespace

absl::string_view SchemeOf(const Target& target) {
  if (target.scheme.empty()) return "https";
  return target.scheme;
}

std::string AuthorityOf(const Target& target) {
  if (!target.host.empty()) return target.host;
  if (!target.addresses_v4.empty()) return BracketedIfV6(target.addresses_v4.front());
  if (!target.addresses_v6.empty()) return BracketedIfV6(target.addresses_v6.front());
  return target.cname;
}

absl::string_view MissingSlash(absl::string_view path_and_query) {
  return !path_and_query.empty() && path_and_query.front() == '/' ? "" : "/";
}

std::string Location(const Target& target, absl::string_view path_and_query) {
  std::string authority = AuthorityOf(target);
  if (authority.empty()) return authority;
  return absl::StrCat(SchemeOf(target), "://", authority, MissingSlash(path_and_query),
                      path_and_query);
}

}  // namespace spillway::http
