#include "http/server/client_address.h"

#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "http/server/head.h"

namespace spillway::http {
namespace {

using absl::string_view;

// Hops as written, left to right, over all lines of the header.
struct Hops {
  std::array<string_view, kHopsMax> text;
  size_t count = 0;
  bool present = false;
  bool overflow = false;

  void Add(string_view hop) {
    if (count == text.size()) {
      overflow = true;
    } else {
      text[count++] = hop;
    }
  }
};

// Takes one element off `list`, up to a `separator` outside quotes. An open quote makes all of the
// rest one element of garbage: else a client could swallow what its proxy appends.
string_view NextQuoted(char separator, string_view* list) {
  bool quoted = false;
  size_t i = 0;
  for (; i < list->size(); ++i) {
    char c = (*list)[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      break;
    }
  }
  string_view element = quoted ? "\"" : absl::StripAsciiWhitespace(list->substr(0, i));
  list->remove_prefix(i < list->size() ? i + 1 : list->size());
  return element;
}

string_view NextPlain(string_view* list) {
  size_t comma = list->find(',');
  string_view element = absl::StripAsciiWhitespace(list->substr(0, comma));
  list->remove_prefix(comma == string_view::npos ? list->size() : comma + 1);
  return element;
}

// The `for` of one element of Forwarded, quotes taken off; empty when there is none.
string_view ForOf(string_view element) {
  while (!element.empty()) {
    string_view pair = NextQuoted(';', &element);
    if (!absl::StartsWithIgnoreCase(pair, "for=")) continue;
    string_view node = pair.substr(4);
    if (node.size() >= 2 && node.front() == '"' && node.back() == '"')
      return node.substr(1, node.size() - 2);
    return node;
  }
  return {};
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80". Names and RFC
// 7239's "unknown" and "_hidden" are nothing.
std::optional<IpAddress> ParseHop(string_view hop) {
  string_view port;
  if (!hop.empty() && hop.front() == '[') {
    size_t close = hop.find(']');
    if (close == string_view::npos) return std::nullopt;
    port = hop.substr(close + 1);
    hop = hop.substr(1, close - 1);
  } else if (size_t colon = hop.find(':'); colon != string_view::npos && hop.rfind(':') == colon) {
    port = hop.substr(colon);
    hop = hop.substr(0, colon);
  }
  if (!port.empty()) {
    if (port.front() != ':' || port.size() < 2 || port.size() > 6) return std::nullopt;
    for (char c : port.substr(1)) {
      if (!absl::ascii_isdigit(c)) return std::nullopt;
    }
  }
  std::optional<IpAddress> address = IpAddress::Parse(hop);
  if (address) *address = address->Unmapped();
  return address;
}

// Nothing when the hops say nothing usable.
std::optional<IpAddress> Judge(const Hops& hops, absl::Span<const IpPrefix> trusted) {
  if (hops.overflow || hops.count == 0) return std::nullopt;
  std::optional<IpAddress> address;
  for (size_t i = hops.count; i-- > 0;) {
    address = ParseHop(hops.text[i]);
    if (!address || !AnyContains(trusted, *address)) break;
  }
  return address;
}

}  // namespace

IpAddress ClientAddress(const Request& request, absl::Span<const IpPrefix> trusted) {
  if (!AnyContains(trusted, request.peer())) return request.peer();
  Hops forwarded_for;
  Hops forwarded;
  for (const HeaderField& field : request.headers()) {
    string_view list = field.value;
    if (absl::EqualsIgnoreCase(field.name, "x-forwarded-for")) {
      forwarded_for.present = true;
      while (!list.empty()) forwarded_for.Add(NextPlain(&list));
    } else if (absl::EqualsIgnoreCase(field.name, "forwarded")) {
      forwarded.present = true;
      while (!list.empty()) forwarded.Add(ForOf(NextQuoted(',', &list)));
    }
  }
  if (!forwarded_for.present && !forwarded.present) return request.peer();
  std::optional<IpAddress> address =
      Judge(forwarded_for.present ? forwarded_for : forwarded, trusted);
  if (forwarded_for.present && forwarded.present && Judge(forwarded, trusted) != address)
    address.reset();
  return address.value_or(request.peer());
}

}  // namespace spillway::http
