#include "http/redirect/location.h"

#include "absl/strings/str_cat.h"

namespace spillway::http {
namespace {

std::string BracketedIfV6(const IpAddress& address) {
  return address.is_v4() ? address.ToString() : absl::StrCat("[", address.ToString(), "]");
}

}  // namespace

std::string AuthorityOf(const Target& target) {
  if (!target.host.empty()) return target.host;
  if (!target.addresses_v4.empty()) return BracketedIfV6(target.addresses_v4.front());
  if (!target.addresses_v6.empty()) return BracketedIfV6(target.addresses_v6.front());
  return target.cname;
}

absl::string_view SchemeOf(const Target& target) {
  return target.scheme.empty() ? absl::string_view("https") : absl::string_view(target.scheme);
}

}  // namespace spillway::http
