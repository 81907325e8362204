#include "policies/scalar.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/suggest.h"
#include "base/units.h"
#include "policies/dns_name.h"
#include "policies/regex.h"
#include "steering/countries/countries.h"
#include "steering/model/policy.h"

namespace spillway::policies {
namespace {

struct TypeRow {
  Type type;
  absl::string_view name, wanted;
};
constexpr TypeRow kTypes[] = {
    {Type::kName, "name", "a name of letters, digits, '.', '_' and '-', at most 63"},
    {Type::kText, "text", "text"},
    {Type::kCountry, "country", "an ISO 3166-1 code such as DE"},
    {Type::kAsn, "AS number", "an AS number such as 3320"},
    {Type::kPrefix, "prefix", "a prefix such as 198.51.100.0/24 or 2001:db8::/32"},
    {Type::kAddress, "address", "an address such as 192.0.2.10 or \"2001:db8::10\""},
    {Type::kDnsName, "DNS name", "a full name such as live.example.com"},
    {Type::kNamePattern, "name or pattern",
     "a name such as live.example.com, \"*.example.com\" or '/regex/'"},
    {Type::kAuthority, "host", "a host such as live.example.com or live.example.com:8443"},
    {Type::kPathPattern, "path pattern",
     "a regular expression for the whole path, such as '/live/.*'"},
    {Type::kUrl, "URL", "a URL such as http://192.0.2.10:8080/health"},
    {Type::kEndpoint, "address:port",
     "an address and port such as 192.0.2.10:8080 or \"[2001:db8::10]:8080\""},
    {Type::kScheme, "scheme", "http or https"},
    {Type::kClass, "class", "one of premium-live, live, catch-up, vod, prefetch"},
    {Type::kSwitch, "switch", "on or off"},
    {Type::kMailbox, "contact", "a mail address such as hostmaster@example.com"},
    {Type::kBitrate, "bitrate", "a bitrate such as 400 Gbps"},
    {Type::kRate, "rate", "a rate such as 2000/s or 50k/s"},
    {Type::kCount, "count", "a count such as 1200, 80k or 65M"},
    {Type::kDuration, "duration", "a duration such as 30s, 15ms or 1h30m"},
    {Type::kFraction, "fraction", "a share such as 85%"},
    {Type::kNumber, "number", "a number such as 0.2"},
    {Type::kInteger, "integer", "a whole number such as 3"},
    {Type::kTime, "time", "a time such as 2026-12-25T18:00Z"},
    {Type::kPoint, "[latitude, longitude]",
     "a place such as [50.11, 8.68]: latitude, longitude in degrees"},
    {Type::kObject, "map", "a map"},
};

ScalarResult Fault(Complaint complaint, size_t offset = 0) {
  return {std::nullopt, {std::move(complaint), offset}};
}
template <typename T>
ScalarResult Good(T value) {
  return {Value(std::move(value)), {}};
}

bool IsOneOf(absl::string_view text, std::initializer_list<absl::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](absl::string_view w) { return absl::EqualsIgnoreCase(text, w); });
}

// The way a number is written that other programs would read in their own way; "" when it is plain.
std::string Surprise(absl::string_view text) {
  absl::string_view body = text;
  absl::ConsumePrefix(&body, "-");
  if (IsOneOf(text, {"yes", "no", "on", "off", "true", "false", "y", "n"})) {
    return "there is no yes/no here, and nothing in a policy turns words into one";
  }
  if (IsOneOf(text, {"~", "null"}))
    return "null is not a value here; leave the key out for its default";
  if (body.empty() || !absl::ascii_isdigit(body[0])) return "";
  if (body.size() > 1 && body[0] == '0' && absl::StrContains("xobXOB", body[1]))
    return "only decimal numbers are read";
  if (body.size() > 1 && body[0] == '0' && absl::ascii_isdigit(body[1]))
    return "a leading zero means octal to some and decimal to others";
  if (absl::StrContains(body, '_')) return "digits are not grouped by _";
  if (absl::StrContains(body, ','))
    return "digits are not grouped, and the decimal sign is a point";
  size_t digits = std::find_if_not(body.begin(), body.end(),
                                   [](char c) { return absl::ascii_isdigit(c) || c == '.'; }) -
                  body.begin();
  absl::string_view rest = body.substr(digits);
  if (rest.size() > 1 && (rest[0] == 'e' || rest[0] == 'E') &&
      (absl::ascii_isdigit(rest[1]) || rest[1] == '+' || rest[1] == '-')) {
    return "exponents are not read; write the number out";
  }
  return "";
}

// Plain decimal, sign allowed: what YAML, JSON and people agree on.
std::optional<double> ParsePlainNumber(absl::string_view text) {
  absl::string_view body = text;
  absl::ConsumePrefix(&body, "-");
  bool plain = !body.empty() && absl::ascii_isdigit(body[0]) && absl::ascii_isdigit(body.back()) &&
               body.size() <= 24 && std::all_of(body.begin(), body.end(), [](char c) {
                 return absl::ascii_isdigit(c) || c == '.';
               });
  double value = 0;
  if (!plain || !absl::SimpleAtod(text, &value)) return std::nullopt;
  return value;
}

struct UnitRow {
  Type type;
  absl::string_view
      plain;  // appended to a bare number for "did you mean"; empty = cannot be guessed
  std::vector<std::string> units;
};
const UnitRow* FindUnits(Type type) {
  static const auto* rows = new std::vector<UnitRow>{
      {Type::kBitrate, "", {"kbps", "Mbps", "Gbps", "Tbps"}},
      {Type::kRate, "/s", {"/s", "k/s", "M/s"}},
      {Type::kCount, "", {"k", "M", "G"}},
      {Type::kDuration, "s", {"ms", "s", "m", "h", "d"}},
  };
  for (const UnitRow& row : *rows) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

std::optional<Value> ParseQuantity(Type type, absl::string_view text) {
  auto as_value = [](auto parsed) {
    return parsed ? std::optional<Value>(Value(*parsed)) : std::nullopt;
  };
  switch (type) {
    case Type::kBitrate:
      return as_value(ParseBitrateMbps(text));
    case Type::kRate:
      return as_value(ParseRatePerSecond(text));
    case Type::kCount:
      return as_value(ParseCount(text));
    case Type::kDuration:
      return as_value(ParseDurationText(text));
    case Type::kFraction:
      return as_value(ParseFraction(text));
    default:
      return as_value(ParsePlainNumber(text));
  }
}

// A quantity that was not read: no unit, a unit in the wrong case, bytes for bits, or no number at
// all.
Complaint ExplainQuantity(Type type, absl::string_view text) {
  Complaint complaint{.what = absl::StrCat("not a ", TypeName(type)),
                      .want = std::string(TypeWanted(type)),
                      .got = Quoted(text)};
  if (type == Type::kInteger) complaint.what = "not an integer";
  const UnitRow* row = FindUnits(type);
  size_t digits = std::find_if_not(text.begin(), text.end(),
                                   [](char c) { return absl::ascii_isdigit(c) || c == '.'; }) -
                  text.begin();
  absl::string_view number = text.substr(0, digits),
                    unit = absl::StripAsciiWhitespace(text.substr(digits));
  if (absl::StartsWith(text, "-")) {
    complaint.what = "less than nothing";
    return complaint;
  }
  if (row == nullptr || number.empty()) return complaint;
  if (unit.empty()) {
    complaint.what = absl::StrCat("a ", TypeName(type), " without a unit (",
                                  absl::StrJoin(row->units, ", "), ")");
    if (!row->plain.empty()) complaint.meant = absl::StrCat(number, row->plain);
    return complaint;
  }
  complaint.what =
      absl::StrCat("no unit ", Quoted(unit), "; there are ", absl::StrJoin(row->units, ", "));
  if (type == Type::kBitrate && absl::StrContains(unit, 'B')) {
    complaint.what = absl::StrCat(Quoted(unit), " looks like bytes; bitrates count bits (",
                                  absl::StrJoin(row->units, ", "), ")");
    return complaint;
  }
  static constexpr std::pair<absl::string_view, absl::string_view> kAliases[] = {
      {"gbit/s", "Gbps"}, {"mbit/s", "Mbps"}, {"tbit/s", "Tbps"},  {"gbit", "Gbps"},
      {"mbit", "Mbps"},   {"tbit", "Tbps"},   {"gb", "Gbps"},      {"sec", "s"},
      {"secs", "s"},      {"second", "s"},    {"seconds", "s"},    {"min", "m"},
      {"mins", "m"},      {"minute", "m"},    {"minutes", "m"},    {"hour", "h"},
      {"hours", "h"},     {"day", "d"},       {"days", "d"},       {"msec", "ms"},
      {"rps", "/s"},      {"qps", "/s"},      {"per second", "/s"}};
  std::string meant;
  for (const std::string& known : row->units) {
    if (absl::EqualsIgnoreCase(unit, known)) meant = known;
  }
  for (const auto& [alias, known] : kAliases) {
    if (meant.empty() && absl::EqualsIgnoreCase(unit, alias)) meant = std::string(known);
  }
  bool known = std::find(row->units.begin(), row->units.end(), meant) != row->units.end();
  if (known) complaint.meant = absl::StrCat(number, type == Type::kBitrate ? " " : "", meant);
  return complaint;
}

ScalarResult ParseNumeric(Type type, absl::string_view text) {
  if (std::string surprise = Surprise(text); !surprise.empty()) {
    Complaint complaint{
        .what = surprise, .want = std::string(TypeWanted(type)), .got = Quoted(text)};
    return Fault(complaint);
  }
  if (std::optional<Value> value = ParseQuantity(type, text)) {
    if (type != Type::kInteger) return {value, {}};
    double number = std::get<double>(*value);
    if (!absl::StrContains(text, '.') && std::abs(number) < 1e15)
      return Good(static_cast<int64_t>(number));
  }
  return Fault(ExplainQuantity(type, text));
}

ScalarResult ParseName(absl::string_view text) {
  constexpr size_t kNameSizeMax =
      63;  // also a content steering pathway id: [A-Za-z0-9._-] (RFC 8216bis 7.1)
  bool good = !text.empty() && text.size() <= kNameSizeMax &&
              std::all_of(text.begin(), text.end(), [](char c) {
                return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
              });
  if (good) return Good(std::string(text));
  std::string meant;
  for (char c : text.substr(0, kNameSizeMax)) {
    if ((static_cast<uint8_t>(c) & 0xc0) == 0x80)
      continue;  // the rest of a character outside ASCII
    meant += absl::ascii_isalnum(c) || absl::StrContains("._-", c) ? c : '-';
  }
  return Fault({.what = "not a name",
                .want = std::string(TypeWanted(Type::kName)),
                .got = Quoted(text),
                .meant = meant});
}

ScalarResult ParseCountry(absl::string_view text) {
  if (FindCountry(text) != nullptr) return Good(std::string(text));
  return Fault({.what = "no such country",
                .want = std::string(TypeWanted(Type::kCountry)),
                .got = Quoted(text),
                .meant = SuggestCountry(text)});
}

ScalarResult ParseAsn(absl::string_view text) {
  absl::string_view digits = text;
  bool prefixed = absl::ConsumePrefix(&digits, "AS") || absl::ConsumePrefix(&digits, "as");
  uint32_t asn = 0;
  bool good = !digits.empty() && absl::ascii_isdigit(digits[0]) && absl::SimpleAtoi(digits, &asn) &&
              asn > 0;
  if (good && !prefixed && digits[0] != '0') return Good(static_cast<int64_t>(asn));
  return Fault({.what = "not an AS number",
                .want = std::string(TypeWanted(Type::kAsn)),
                .got = Quoted(text),
                .meant = good ? absl::StrCat(asn) : ""});
}

ScalarResult ParsePrefix(absl::string_view text) {
  if (std::optional<IpPrefix> prefix = IpPrefix::Parse(text)) return Good(*prefix);
  Complaint complaint{
      .what = "not a prefix", .want = std::string(TypeWanted(Type::kPrefix)), .got = Quoted(text)};
  size_t slash = text.find('/');
  std::optional<IpAddress> address = IpAddress::Parse(text.substr(0, slash));
  int bits = 0;
  if (address && slash != absl::string_view::npos &&
      absl::SimpleAtoi(text.substr(slash + 1), &bits) && bits >= 0 && bits <= address->bits_max()) {
    complaint.what = absl::StrCat("bits are set after the first ", bits);
    complaint.meant = IpPrefix{address->Masked(bits), bits}.ToString();
  } else if (address && slash != absl::string_view::npos) {
    complaint.what = absl::StrFormat("prefix length outside 0..%d", address->bits_max());
  }
  return Fault(complaint);
}

ScalarResult ParseTime(absl::string_view text) {
  Complaint complaint{
      .what = "not a time", .want = std::string(TypeWanted(Type::kTime)), .got = Quoted(text)};
  absl::Time time;
  std::string why;
  bool digit = !text.empty() && absl::ascii_isdigit(text[0]);  // absl would read "infinite-future"
  if (digit && text.size() <= 40) {
    for (const char* format : {"%Y-%m-%dT%H:%M:%E*S%Ez", "%Y-%m-%dT%H:%M%Ez"}) {
      if (absl::ParseTime(format, text, &time, &why)) return Good(time);
    }
    if (absl::ParseTime("%Y-%m-%dT%H:%M:%E*SZ", absl::StrCat(text, "Z"), &time, &why) ||
        absl::ParseTime("%Y-%m-%dT%H:%MZ", absl::StrCat(text, "Z"), &time, &why)) {
      complaint.what = "a time without its zone";
      complaint.meant = absl::StrCat(text, "Z");
    }
  }
  return Fault(complaint);
}

ScalarResult ParsePathPattern(absl::string_view text) {
  if (auto fault = CheckPattern(text)) return Fault(fault->complaint, fault->offset);
  if (absl::ascii_isalnum(text[0])) {
    return Fault({.what = "never matches, since paths begin with /",
                  .want = std::string(TypeWanted(Type::kPathPattern)),
                  .got = Quoted(text),
                  .meant = absl::StrCat("/", text)});
  }
  return Good(std::string(text));
}

ScalarResult ParseClass(absl::string_view text) {
  if (FindServiceClass(text)) return Good(std::string(text));
  std::vector<std::string> known;
  for (size_t i = 0; i < kServiceClassCount; ++i)
    known.emplace_back(ServiceClassName(static_cast<ServiceClass>(i)));
  std::string lower = absl::AsciiStrToLower(text);
  std::replace(lower.begin(), lower.end(), '_', '-');
  std::string meant = Suggest(lower, known);
  // "premium", "catch": too short to be near, long enough to be clear.
  auto begins = [&lower](const std::string& name) { return absl::StartsWith(name, lower); };
  if (meant.empty() && std::count_if(known.begin(), known.end(), begins) == 1)
    meant = *std::find_if(known.begin(), known.end(), begins);
  return Fault({.what = "no such class",
                .want = std::string(TypeWanted(Type::kClass)),
                .got = Quoted(text),
                .meant = meant});
}

ScalarResult ParseSwitch(absl::string_view text) {
  if (text == "on" || text == "off") return Good(std::string(text));
  std::string meant;
  if (IsOneOf(text, {"on", "yes", "true", "y", "1"})) meant = "on";
  if (IsOneOf(text, {"off", "no", "false", "n", "0"})) meant = "off";
  return Fault({.what = "neither on nor off",
                .want = std::string(TypeWanted(Type::kSwitch)),
                .got = Quoted(text),
                .meant = meant});
}

ScalarResult ParseWord(Type type, absl::string_view text) {
  std::string want(TypeWanted(type));
  if (type == Type::kAddress) {
    if (std::optional<IpAddress> address = IpAddress::Parse(text)) return Good(*address);
    return Fault({.what = "not an address", .want = want, .got = Quoted(text)});
  }
  if (type == Type::kEndpoint) {
    std::optional<Endpoint> endpoint = Endpoint::Parse(text);
    if (endpoint && endpoint->port != 0 && text[0] != '*') return Good(*endpoint);
    return Fault({.what = "not an address and port", .want = want, .got = Quoted(text)});
  }
  if (text == "http" || text == "https") return Good(std::string(text));
  return Fault({.what = "not a scheme",
                .want = want,
                .got = Quoted(text),
                .meant = Suggest(text, {"http", "https"})});
}

}  // namespace

absl::string_view TypeName(Type type) { return kTypes[static_cast<size_t>(type)].name; }
absl::string_view TypeWanted(Type type) { return kTypes[static_cast<size_t>(type)].wanted; }

ScalarResult ParseScalar(Type type, absl::string_view text) {
  switch (type) {
    case Type::kName:
      return ParseName(text);
    case Type::kText:
      return Good(std::string(text));
    case Type::kCountry:
      return ParseCountry(text);
    case Type::kAsn:
      return ParseAsn(text);
    case Type::kPrefix:
      return ParsePrefix(text);
    case Type::kDnsName:
      return ParseDnsName(text);
    case Type::kNamePattern:
      return ParseNamePattern(text);
    case Type::kAuthority:
      return ParseAuthority(text);
    case Type::kPathPattern:
      return ParsePathPattern(text);
    case Type::kUrl:
      return ParseUrl(text);
    case Type::kMailbox:
      return ParseMailbox(text);
    case Type::kTime:
      return ParseTime(text);
    case Type::kClass:
      return ParseClass(text);
    case Type::kSwitch:
      return ParseSwitch(text);
    case Type::kAddress:
    case Type::kEndpoint:
    case Type::kScheme:
      return ParseWord(type, text);
    default:
      return ParseNumeric(type, text);
  }
}

std::optional<double> Magnitude(const Value& value) {
  if (const double* d = std::get_if<double>(&value)) return *d;
  if (const int64_t* i = std::get_if<int64_t>(&value)) return static_cast<double>(*i);
  if (const absl::Duration* d = std::get_if<absl::Duration>(&value))
    return absl::ToDoubleSeconds(*d);
  return std::nullopt;
}

}  // namespace spillway::policies
