#include "base/json_writer.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace spillway {
namespace {

// Length of the valid UTF-8 sequence at the start of s, or 0 (RFC 3629 4).
size_t Utf8Length(absl::string_view s) {
  auto byte = [&s](size_t i) { return static_cast<uint8_t>(s[i]); };
  auto tail = [&](size_t i) { return i < s.size() && (byte(i) & 0xc0) == 0x80; };
  uint8_t b = byte(0);
  if (b < 0x80) return 1;
  if (b >= 0xc2 && b <= 0xdf) return tail(1) ? 2 : 0;
  if (b >= 0xe0 && b <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if (b == 0xe0 && byte(1) < 0xa0) return 0;
    if (b == 0xed && byte(1) > 0x9f) return 0;  // surrogates
    return 3;
  }
  if (b >= 0xf0 && b <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (b == 0xf0 && byte(1) < 0x90) return 0;
    if (b == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

void JsonWriter::Separate() {
  if (after_key_) {
    after_key_ = false;
  } else if (!has_items_.empty()) {
    if (has_items_.back()) text_.push_back(',');
    has_items_.back() = true;
  }
}

JsonWriter& JsonWriter::Open(char c) {
  Separate();
  text_.push_back(c);
  has_items_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::Close(char c) {
  DCHECK(!has_items_.empty());
  has_items_.pop_back();
  text_.push_back(c);
  return *this;
}

void JsonWriter::Quote(absl::string_view s) {
  text_.push_back('"');
  while (!s.empty()) {
    size_t n = Utf8Length(s);
    uint8_t c = static_cast<uint8_t>(s[0]);
    if (n == 0) {
      text_.append("\xef\xbf\xbd");
      n = 1;
    } else if (c == '"' || c == '\\') {
      text_.push_back('\\');
      text_.push_back(s[0]);
    } else if (c == '\n') {
      text_.append("\\n");
    } else if (c == '\t') {
      text_.append("\\t");
    } else if (c < 0x20) {
      absl::StrAppendFormat(&text_, "\\u%04x", c);
    } else {
      text_.append(s.data(), n);
    }
    s.remove_prefix(n);
  }
  text_.push_back('"');
}

JsonWriter& JsonWriter::Key(absl::string_view key) {
  Separate();
  Quote(key);
  text_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(absl::string_view value) {
  Separate();
  Quote(value);
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t value) {
  Separate();
  absl::StrAppend(&text_, value);
  return *this;
}

JsonWriter& JsonWriter::Uint(uint64_t value) {
  Separate();
  absl::StrAppend(&text_, value);
  return *this;
}

JsonWriter& JsonWriter::Double(double value) {
  Separate();
  if (std::isfinite(value)) {
    absl::StrAppendFormat(&text_, "%.10g", value);
  } else {
    text_.append("null");
  }
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  Separate();
  text_.append(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  text_.append("null");
  return *this;
}

}  // namespace spillway
