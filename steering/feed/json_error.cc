#include "steering/feed/json_error.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace spillway {
namespace {

class Scanner {
 public:
  Scanner(absl::string_view text, int depth_max) : text_(text), depth_left_(depth_max) {}

  // Null when sound; else what is wrong at offset().
  absl::string_view Scan() {
    SkipSpace();
    if (at_ == text_.size()) return "want a JSON value, got nothing";
    if (absl::string_view what = Value(); !what.empty()) return what;
    SkipSpace();
    return at_ == text_.size() ? kSound : "want the end of the text after the value";
  }
  size_t offset() const { return at_; }

 private:
  static constexpr absl::string_view kSound = {};

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (at_ < text_.size() &&
           absl::string_view(" \t\r\n").find(text_[at_]) != absl::string_view::npos)
      ++at_;
  }

  absl::string_view Value() {
    switch (Peek()) {
      case '{':
      case '[': {
        if (depth_left_ == 0) return "nested too deeply";
        --depth_left_;
        absl::string_view what = Peek() == '{' ? Object() : Array();
        ++depth_left_;
        return what;
      }
      case '"':
        return String();
      case 't':
        return Word("true");
      case 'f':
        return Word("false");
      case 'n':
        return Word("null");
      default:
        return Number();
    }
  }

  absl::string_view Object() {
    Take('{');
    SkipSpace();
    if (Take('}')) return kSound;
    for (;;) {
      SkipSpace();
      if (Peek() != '"') return "want a key in double quotes";
      if (absl::string_view what = String(); !what.empty()) return what;
      SkipSpace();
      if (!Take(':')) return "want ':' after the key";
      SkipSpace();
      if (absl::string_view what = Value(); !what.empty()) return what;
      SkipSpace();
      if (Take('}')) return kSound;
      if (!Take(',')) return "want ',' or '}'";
    }
  }

  absl::string_view Array() {
    Take('[');
    SkipSpace();
    if (Take(']')) return kSound;
    for (;;) {
      SkipSpace();
      if (absl::string_view what = Value(); !what.empty()) return what;
      SkipSpace();
      if (Take(']')) return kSound;
      if (!Take(',')) return "want ',' or ']'";
    }
  }

  absl::string_view String() {
    size_t start = at_++;
    for (;;) {
      if (at_ >= text_.size()) {
        at_ = start;
        return "want a closing double quote";
      }
      auto c = static_cast<uint8_t>(text_[at_]);
      if (c == '"') return ++at_, kSound;
      if (c < 0x20) return "control character in a string";
      absl::string_view what = c == '\\' ? Escape() : c < 0x80 ? (++at_, kSound) : Utf8();
      if (!what.empty()) return what;
    }
  }

  // Reads the four digits after \u at `at`, or -1.
  int Hex4(size_t at) const {
    if (at + 4 > text_.size()) return -1;
    int value = 0;
    for (char c : text_.substr(at, 4)) {
      if (!absl::ascii_isxdigit(c)) return -1;
      value = value * 16 + (absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10);
    }
    return value;
  }

  absl::string_view Escape() {
    char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind != 'u') {
      if (kind == '\0' || absl::string_view("\"\\/bfnrt").find(kind) == absl::string_view::npos) {
        return "unknown escape";
      }
      at_ += 2;
      return kSound;
    }
    int unit = Hex4(at_ + 2);
    if (unit < 0) return "want four hex digits after \\u";
    if (unit >= 0xdc00 && unit < 0xe000) return "half of a surrogate pair";
    if (unit >= 0xd800 && unit < 0xdc00) {
      bool paired = absl::StartsWith(text_.substr(at_ + 6), "\\u");
      int low = paired ? Hex4(at_ + 8) : -1;
      if (low < 0xdc00 || low >= 0xe000) return "half of a surrogate pair";
      at_ += 6;
    }
    at_ += 6;
    return kSound;
  }

  // RFC 3629: shortest form, no surrogates, at most U+10FFFF.
  absl::string_view Utf8() {
    auto byte = [this](size_t i) {
      return at_ + i < text_.size() ? static_cast<uint8_t>(text_[at_ + i]) : uint8_t{0};
    };
    uint8_t lead = byte(0);
    int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    uint32_t code = lead & (0xff >> (length + 1));
    for (int i = 1; i < length; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return "not UTF-8";
      code = code << 6 | (byte(i) & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    bool valid = lead >= 0xc2 && lead <= 0xf4 && code >= kLeast[length] && code <= 0x10ffff &&
                 (code < 0xd800 || code > 0xdfff);
    if (!valid) return "not UTF-8";
    at_ += length;
    return kSound;
  }

  absl::string_view Word(absl::string_view word) {
    if (!absl::StartsWith(text_.substr(at_), word)) return "want a JSON value";
    at_ += word.size();
    return kSound;
  }

  bool Digits() {
    size_t start = at_;
    while (absl::ascii_isdigit(Peek())) ++at_;
    return at_ > start;
  }

  absl::string_view Number() {
    size_t start = at_;
    bool integer = true, leading_zero = false;
    Take('-');
    if (!absl::ascii_isdigit(Peek())) return at_ = start, "want a JSON value";
    leading_zero = Peek() == '0';
    size_t first = at_;
    Digits();
    if (leading_zero && at_ > first + 1) return at_ = start, "number with a leading zero";
    if (Take('.')) {
      integer = false;
      if (!Digits()) return "want a digit after the decimal point";
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      integer = false;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!Digits()) return "want a digit in the exponent";
    }
    absl::string_view digits = text_.substr(start, at_ - start);
    double value = 0;
    int64_t i64 = 0;
    uint64_t u64 = 0;
    bool fits = integer ? absl::SimpleAtoi(digits, &i64) || absl::SimpleAtoi(digits, &u64)
                        : absl::SimpleAtod(digits, &value) && std::isfinite(value);
    if (!fits) return at_ = start, "number too large";
    // `12x`: a number must be followed by structure.
    if (at_ < text_.size() &&
        absl::string_view(" \t\r\n,]}:").find(text_[at_]) == absl::string_view::npos) {
      return "want ',' or the end after a number";
    }
    return kSound;
  }

  absl::string_view text_;
  size_t at_ = 0;
  int depth_left_;
};

}  // namespace

std::optional<JsonErrorSpot> FindJsonError(absl::string_view text, int depth_max) {
  Scanner scanner(text, depth_max);
  JsonErrorSpot spot;
  spot.what = scanner.Scan();
  if (spot.what.empty()) return std::nullopt;
  spot.offset = std::min(scanner.offset(), text.size());
  absl::string_view before = text.substr(0, spot.offset);
  spot.line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  size_t newline = before.rfind('\n');
  spot.column = 1 + spot.offset - (newline == absl::string_view::npos ? 0 : newline + 1);
  return spot;
}

}  // namespace spillway
