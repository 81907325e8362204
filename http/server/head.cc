#include "http/server/head.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "http/server/authority.h"
#include "http/server/chars.h"

namespace spillway::http {
namespace {

using absl::string_view;

// What the headers said that can only be judged when all are read.
struct Framing {
  bool has_host = false;
  bool has_length = false;
  bool has_encoding = false;
  bool says_close = false;
  bool says_keep_alive = false;
};

struct LineReader {
  string_view bytes;
  size_t at = 0;
  size_t line_size_max = kRequestLineSizeMax;
  HeadError line_too_long = HeadError::kTargetTooLong;

  // Moves past the next line and gives it without its CRLF. Every refusal here is decided by the
  // first octet that breaks a rule, so that cutting the stream elsewhere cannot change it.
  HeadError Next(string_view* line) {
    const char* begin = bytes.data() + at;
    const char* end = bytes.data() + bytes.size();
    const auto* lf =
        static_cast<const char*>(std::memchr(begin, '\n', static_cast<size_t>(end - begin)));
    const char* stop = lf != nullptr ? lf : end;
    if (static_cast<size_t>(stop - begin) > line_size_max) return line_too_long;
    size_t head_size = static_cast<size_t>(stop - bytes.data()) + (lf != nullptr ? 1 : 0);
    if (head_size > kHeadSizeMax) return HeadError::kHeadTooLarge;
    if (lf == nullptr) return HeadError::kIncomplete;
    // RFC 9112 2.2 lets a lone LF end a line; peers disagree, and so requests get smuggled.
    if (lf == begin || lf[-1] != '\r') return HeadError::kBareLf;
    *line = string_view(begin, static_cast<size_t>(lf - 1 - begin));
    at = head_size;
    return HeadError::kNone;
  }
};

Method MethodOf(string_view name) {
  switch (name.size()) {
    case 3:
      if (name == "GET") return Method::kGet;
      if (name == "PUT") return Method::kPut;
      break;
    case 4:
      if (name == "HEAD") return Method::kHead;
      if (name == "POST") return Method::kPost;
      break;
    case 5:
      if (name == "TRACE") return Method::kTrace;
      if (name == "PATCH") return Method::kPatch;
      break;
    case 6:
      if (name == "DELETE") return Method::kDelete;
      break;
    case 7:
      if (name == "OPTIONS") return Method::kOptions;
      if (name == "CONNECT") return Method::kConnect;
      break;
  }
  return Method::kOther;
}

bool SetHost(const Authority& authority, RequestHead* head) {
  string_view host = authority.host;
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);  // the root's dot
  if (host.size() > head->host_storage.size()) return false;
  for (size_t i = 0; i < host.size(); ++i) head->host_storage[i] = absl::ascii_tolower(host[i]);
  head->host = string_view(head->host_storage.data(), host.size());
  head->port = authority.port;
  return true;
}

void SetPathAndQuery(string_view text, RequestHead* head) {
  head->path_and_query = text;
  size_t mark = text.find('?');
  head->has_query = mark != string_view::npos;
  head->path = text.substr(0, mark);
  head->query = head->has_query ? text.substr(mark + 1) : string_view();
  if (head->path.empty()) head->path = "/";
}

// RFC 9112 3.2. A target never says where a redirect leads: only path and query are taken from it.
HeadError ParseTarget(RequestHead* head) {
  string_view target = head->target;
  if (target.empty() || !AllChars(target, kTargetChar)) return HeadError::kBadTarget;
  if (target.size() > kTargetSizeMax) return HeadError::kTargetTooLong;
  if (head->method == Method::kConnect) {
    std::optional<Authority> authority = ParseAuthority(target);
    if (!authority || authority->port == 0 || !SetHost(*authority, head))
      return HeadError::kBadTarget;
    head->form = TargetForm::kAuthority;
    return HeadError::kNone;
  }
  if (target.front() == '/') {
    head->form = TargetForm::kOrigin;
    SetPathAndQuery(target, head);
    return HeadError::kNone;
  }
  if (target == "*") {
    head->form = TargetForm::kAsterisk;
    return head->method == Method::kOptions ? HeadError::kNone : HeadError::kBadTarget;
  }
  size_t scheme_size = absl::StartsWithIgnoreCase(target, "http://")    ? 7
                       : absl::StartsWithIgnoreCase(target, "https://") ? 8
                                                                        : 0;
  if (scheme_size == 0) return HeadError::kBadTarget;
  string_view rest = target.substr(scheme_size);
  size_t authority_size = rest.find_first_of("/?");
  std::optional<Authority> authority = ParseAuthority(rest.substr(0, authority_size));
  if (!authority || !SetHost(*authority, head)) return HeadError::kBadTarget;
  head->form = TargetForm::kAbsolute;
  SetPathAndQuery(
      authority_size == string_view::npos ? rest.substr(rest.size()) : rest.substr(authority_size),
      head);
  return HeadError::kNone;
}

// method SP target SP version, single spaces, nothing else.
HeadError ParseRequestLine(string_view line, RequestHead* head) {
  size_t method_size = line.find(' ');
  string_view method = line.substr(0, method_size);
  if (!AllChars(method, kTokenChar)) return HeadError::kBadMethod;
  if (method.size() > kMethodSizeMax) return HeadError::kMethodTooLong;
  if (method_size == string_view::npos) return HeadError::kBadTarget;
  head->method_name = method;
  head->method = MethodOf(method);
  string_view rest = line.substr(method_size + 1);
  size_t last_space = rest.rfind(' ');
  if (last_space == string_view::npos) return HeadError::kBadVersion;  // "GET /" of HTTP/0.9
  string_view version = rest.substr(last_space + 1);
  // RFC 9112 2.3: HTTP-name is case-sensitive, one digit each side of the dot.
  if (version.size() != 8 || !absl::StartsWith(version, "HTTP/") ||
      !absl::ascii_isdigit(version[5]) || version[6] != '.' || !absl::ascii_isdigit(version[7])) {
    return HeadError::kBadVersion;
  }
  if (version[5] != '1') return HeadError::kUnsupportedVersion;
  head->minor_version = version[7] == '0' ? 0 : 1;
  head->target = rest.substr(0, last_space);
  return ParseTarget(head);
}

// RFC 9110 8.6 lets equal repetitions pass; no honest client sends them, so none pass.
HeadError TakeContentLength(string_view value, Framing* framing, RequestHead* head) {
  constexpr size_t kDigitsMax = 18;  // fits size_t without a check per digit
  if (framing->has_length) return HeadError::kRepeatedContentLength;
  framing->has_length = true;
  if (value.empty() || value.size() > kDigitsMax) return HeadError::kBadContentLength;
  size_t length = 0;
  for (char c : value) {
    if (!absl::ascii_isdigit(c)) return HeadError::kBadContentLength;
    length = length * 10 + static_cast<size_t>(c - '0');
  }
  head->content_length = length;
  return HeadError::kNone;
}

void TakeConnection(string_view value, Framing* framing) {
  while (!value.empty()) {
    size_t comma = value.find(',');
    string_view option = absl::StripAsciiWhitespace(value.substr(0, comma));
    if (absl::EqualsIgnoreCase(option, "close")) framing->says_close = true;
    if (absl::EqualsIgnoreCase(option, "keep-alive")) framing->says_keep_alive = true;
    value.remove_prefix(comma == string_view::npos ? value.size() : comma + 1);
  }
}

// Headers that decide where the message ends and whom it is for; all others are the handler's.
HeadError TakeHeader(const HeaderField& field, Framing* framing, RequestHead* head) {
  switch (field.name.size()) {
    case 4:
      if (!absl::EqualsIgnoreCase(field.name, "host")) break;
      // RFC 9112 3.2: more than one Host, or a bad one, is 400.
      if (framing->has_host) return HeadError::kRepeatedHost;
      framing->has_host = true;
      if (std::optional<Authority> authority = ParseAuthority(field.value); !authority) {
        return HeadError::kBadHost;
      } else if (head->form == TargetForm::kOrigin || head->form == TargetForm::kAsterisk) {
        if (!SetHost(*authority, head)) return HeadError::kBadHost;
      }
      break;
    case 6:
      if (absl::EqualsIgnoreCase(field.name, "expect")) {
        head->expects_continue = absl::EqualsIgnoreCase(field.value, "100-continue");
      }
      break;
    case 10:
      if (absl::EqualsIgnoreCase(field.name, "connection")) TakeConnection(field.value, framing);
      break;
    case 14:
      if (absl::EqualsIgnoreCase(field.name, "content-length")) {
        return TakeContentLength(field.value, framing, head);
      }
      break;
    case 17:
      if (absl::EqualsIgnoreCase(field.name, "transfer-encoding")) framing->has_encoding = true;
      break;
  }
  return HeadError::kNone;
}

string_view StripBlanks(string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

HeadError ParseHeaderLine(string_view line, Framing* framing, RequestHead* head) {
  // RFC 9112 5.2: a line that begins with a blank continues the one before; senders must not.
  if (line.front() == ' ' || line.front() == '\t') return HeadError::kObsoleteFold;
  if (head->field_count == kHeadersMax) return HeadError::kTooManyHeaders;
  size_t colon = line.find(':');
  // RFC 9112 5.1: no blank between name and colon; a blank is no token octet.
  if (colon == string_view::npos || colon == 0 || !AllChars(line.substr(0, colon), kTokenChar)) {
    return HeadError::kBadHeaderName;
  }
  HeaderField& field = head->fields[head->field_count++];
  field.name = line.substr(0, colon);
  field.value = StripBlanks(line.substr(colon + 1));
  if (!IsFieldValue(field.value)) return HeadError::kBadHeaderValue;
  return TakeHeader(field, framing, head);
}

HeadError JudgeFraming(const Framing& framing, RequestHead* head) {
  if (!framing.has_host && head->minor_version >= 1) return HeadError::kMissingHost;
  // RFC 9112 6.1, 6.3: both together is how requests are smuggled; encodings alone we do not take.
  if (framing.has_encoding) {
    return framing.has_length ? HeadError::kLengthAndEncoding : HeadError::kTransferEncoding;
  }
  // RFC 9112 9.3.
  head->keep_alive = !framing.says_close && (head->minor_version >= 1 || framing.says_keep_alive);
  return HeadError::kNone;
}

void Reset(RequestHead* head) {
  head->keep_alive = true;
  head->expects_continue = false;
  head->has_query = false;
  head->port = 0;
  head->path_and_query = head->path = head->query = head->host = string_view();
  head->content_length = 0;
  head->field_count = 0;
}

}  // namespace

std::optional<string_view> RequestHead::Find(string_view name) const {
  for (const HeaderField& field : headers()) {
    if (field.name.size() == name.size() && absl::EqualsIgnoreCase(field.name, name))
      return field.value;
  }
  return std::nullopt;
}

HeadError ParseHead(string_view bytes, size_t seen, RequestHead* head) {
  // Once the first octet after an empty line is judged, only the end of a line or a limit can
  // change the answer, and no limit lies below the request line's.
  if (seen > 2 && bytes.size() <= kRequestLineSizeMax &&
      bytes.substr(seen).find('\n') == string_view::npos) {
    return HeadError::kIncomplete;
  }
  LineReader reader{.bytes = bytes};
  if (absl::StartsWith(bytes, "\r\n")) reader.at = 2;
  if (reader.at == bytes.size() || bytes == "\r") return HeadError::kIncomplete;
  // At once, so that a TLS hello or a port scan does not wait for a line that never ends.
  if (!IsChar(bytes[reader.at], kTokenChar)) return HeadError::kBadMethod;

  Reset(head);
  string_view line;
  if (HeadError error = reader.Next(&line); error != HeadError::kNone) return error;
  if (HeadError error = ParseRequestLine(line, head); error != HeadError::kNone) return error;
  reader.line_size_max = kHeadSizeMax;
  reader.line_too_long = HeadError::kHeadTooLarge;
  Framing framing;
  for (;;) {
    if (HeadError error = reader.Next(&line); error != HeadError::kNone) return error;
    if (line.empty()) break;
    if (HeadError error = ParseHeaderLine(line, &framing, head); error != HeadError::kNone)
      return error;
  }
  head->size = reader.at;
  return JudgeFraming(framing, head);
}

}  // namespace spillway::http
