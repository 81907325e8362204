#include "policies/dns_name.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/ip.h"
#include "policies/regex.h"

namespace spillway::policies {
namespace {

constexpr size_t kLabelSizeMax = 63;  // RFC 1035 2.3.4
constexpr size_t kNameSizeMax = 253;  // 255 octets on the wire, less the first length and the root

ScalarResult Fault(Complaint complaint, size_t offset = 0) {
  return {std::nullopt, {std::move(complaint), offset}};
}
ScalarResult Good(std::string text) { return {Value(std::move(text)), {}}; }

// What is wrong with one label, "" when nothing.
std::string LabelFault(absl::string_view label) {
  if (label.empty()) return "an empty label (two dots in a row, or one in front)";
  if (label.size() > kLabelSizeMax)
    return absl::StrCat("a label of ", label.size(), " bytes, the most is 63");
  for (char c : label) {
    if (static_cast<unsigned char>(c) >= 0x80)
      return "a letter outside ASCII; write the name in its xn-- form";
    if (!absl::ascii_isalnum(c) && c != '-' && c != '_') {
      return absl::StrCat("the character ", Quoted(absl::string_view(&c, 1)));
    }
  }
  if (label.front() == '-' || label.back() == '-')
    return "a label that begins or ends with a hyphen";
  return "";
}

// "" when `name` (no trailing dot) is a host name.
std::string NameFault(absl::string_view name) {
  if (name.empty()) return "no name";
  if (name.size() > kNameSizeMax) return absl::StrCat(name.size(), " bytes, the most is 253");
  for (absl::string_view label : absl::StrSplit(name, '.')) {
    if (std::string fault = LabelFault(label); !fault.empty()) return fault;
  }
  return "";
}

// A URL or an address where a bare name belongs is the usual slip; offers the name inside.
std::string NameInside(absl::string_view text) {
  size_t scheme = text.find("://");
  if (scheme == absl::string_view::npos) return "";
  absl::string_view host = text.substr(scheme + 3);
  host = host.substr(0, host.find_first_of(":/?#"));
  return NameFault(host).empty() ? std::string(host) : "";
}

bool ParsePort(absl::string_view text) {
  int port = 0;
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, &port) && port >= 1 && port <= 65535;
}

}  // namespace

ScalarResult ParseDnsName(absl::string_view text) {
  absl::string_view name = text;
  absl::ConsumeSuffix(&name, ".");
  std::string fault = NameFault(name);
  if (fault.empty() && IpAddress::Parse(name)) fault = "an address";
  if (fault.empty() && !absl::StrContains(name, '.')) fault = "a single label";
  if (!fault.empty()) {
    return Fault({.what = absl::StrCat("not a DNS name: ", fault),
                  .want = std::string(TypeWanted(Type::kDnsName)),
                  .got = Quoted(text),
                  .meant = NameInside(text)});
  }
  return Good(absl::AsciiStrToLower(name));
}

ScalarResult ParseNamePattern(absl::string_view text) {
  if (absl::StartsWith(text, "/")) {
    if (text.size() < 3 || !absl::EndsWith(text, "/")) {
      return Fault({.what = "a pattern stands between two slashes",
                    .want = "'/(?:www|live)\\.example\\.com/'",
                    .got = Quoted(text)});
    }
    if (auto fault = CheckPattern(text.substr(1, text.size() - 2)))
      return Fault(fault->complaint, fault->offset + 1);
    return Good(std::string(text));
  }
  if (absl::StartsWith(text, "*.")) {
    ScalarResult rest = ParseDnsName(text.substr(2));
    if (!rest.value) return rest;
    return Good(absl::StrCat("*.", std::get<std::string>(*rest.value)));
  }
  if (absl::StrContains(text, '*')) {
    return Fault({.what = "a wildcard replaces whole labels at the front",
                  .want = "\"*.example.com\", or a regular expression between slashes",
                  .got = Quoted(text)});
  }
  absl::string_view name = text;
  absl::ConsumeSuffix(&name, ".");
  if (std::string fault = NameFault(name); !fault.empty()) {
    return Fault({.what = absl::StrCat("not a name: ", fault),
                  .want = std::string(TypeWanted(Type::kNamePattern)),
                  .got = Quoted(text),
                  .meant = NameInside(text)});
  }
  return Good(absl::AsciiStrToLower(name));
}

ScalarResult ParseAuthority(absl::string_view text) {
  Complaint complaint{.what = "not a host",
                      .want = std::string(TypeWanted(Type::kAuthority)),
                      .got = Quoted(text),
                      .meant = NameInside(text)};
  absl::string_view host = text, port;
  size_t bracket = text.rfind(']');
  if (absl::StartsWith(text, "[")) {
    if (bracket == absl::string_view::npos) return Fault(complaint);
    host = text.substr(0, bracket + 1);
    port = text.substr(bracket + 1);
    std::optional<IpAddress> address = IpAddress::Parse(host.substr(1, host.size() - 2));
    if (!address || address->is_v4()) return Fault(complaint);
  } else {
    size_t colon = text.find(':');
    host = text.substr(0, colon);
    port = colon == absl::string_view::npos ? "" : text.substr(colon);
    if (IpAddress::Parse(text) && absl::StrContains(text, ':'))
      complaint.meant = absl::StrCat("[", text, "]");
    if (!NameFault(host).empty()) return Fault(complaint);
  }
  if (!port.empty() && !(port[0] == ':' && ParsePort(port.substr(1)))) return Fault(complaint);
  return Good(absl::AsciiStrToLower(text));
}

ScalarResult ParseUrl(absl::string_view text) {
  Complaint complaint{.what = "not a URL to probe",
                      .want = std::string(TypeWanted(Type::kUrl)),
                      .got = Quoted(text)};
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "http://") && !absl::ConsumePrefix(&rest, "https://")) {
    if (ParseAuthority(text.substr(0, text.find('/'))).value)
      complaint.meant = absl::StrCat("http://", text);
    return Fault(complaint);
  }
  absl::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  for (char c : text) {
    if (!absl::ascii_isgraph(c)) return Fault(complaint);
  }
  if (absl::StrContains(authority, '@')) {
    complaint.what = "a URL with a user name; policies are no place for secrets";
    return Fault(complaint);
  }
  if (!ParseAuthority(authority).value) return Fault(complaint);
  return Good(std::string(text));
}

ScalarResult ParseMailbox(absl::string_view text) {
  std::vector<absl::string_view> parts = absl::StrSplit(text, '@');
  if (parts.size() == 1) return ParseDnsName(text);
  Complaint complaint{.what = "not a contact",
                      .want = std::string(TypeWanted(Type::kMailbox)),
                      .got = Quoted(text)};
  if (parts.size() != 2 || !LabelFault(parts[0]).empty()) {
    if (absl::StrContains(parts[0], '.'))
      complaint.what = "the SOA record has no room for a dot before the @";
    return Fault(complaint);
  }
  return ParseDnsName(absl::StrCat(parts[0], ".", parts[1]));
}

}  // namespace spillway::policies
