#include "http/server/query.h"

#include <cstddef>

namespace spillway::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<QueryParam> NextQueryParam(absl::string_view* query) {
  while (!query->empty()) {
    size_t end = query->find('&');
    absl::string_view text = query->substr(0, end);
    query->remove_prefix(end == absl::string_view::npos ? query->size() : end + 1);
    if (text.empty()) continue;
    size_t equals = text.find('=');
    absl::string_view value;
    if (equals != absl::string_view::npos) value = text.substr(equals + 1);
    return QueryParam{text, text.substr(0, equals), value};
  }
  return std::nullopt;
}

std::optional<absl::string_view> FindQueryParam(absl::string_view query, absl::string_view name) {
  while (std::optional<QueryParam> param = NextQueryParam(&query)) {
    if (param->name == name) return param->value;
  }
  return std::nullopt;
}

std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      if (text.size() - i < 3) return std::nullopt;
      int high = HexValue(text[i + 1]);
      int low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return decoded;
}

}  // namespace spillway::http
