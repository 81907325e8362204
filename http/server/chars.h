// http/server/chars.h -- which octets may stand where in an HTTP message.
//
// references: RFC 9110 5.6.2 (token), 5.5 (field value); RFC 3986 3.2.2 (host).
// why a wider target than RFC 3986: players send raw quotes, bars and braces in queries; every
//   visible octet but '#' passes and is copied as it came. Octets above 0x7e and controls do not.
#ifndef SPILLWAY_HTTP_SERVER_CHARS_H_
#define SPILLWAY_HTTP_SERVER_CHARS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace spillway::http {

enum CharClass : uint8_t { kTokenChar = 1, kTargetChar = 2, kHostChar = 4 };

namespace internal {

constexpr bool Among(char c, const char* set) {
  for (; *set != '\0'; ++set) {
    if (*set == c) return true;
  }
  return false;
}

constexpr std::array<uint8_t, 256> MakeCharClasses() {
  std::array<uint8_t, 256> classes{};
  for (int i = 0x21; i < 0x7f; ++i) {
    char c = static_cast<char>(i);
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    uint8_t bits = 0;
    if (alnum || Among(c, "!#$%&'*+-.^_`|~")) bits |= kTokenChar;
    if (c != '#') bits |= kTargetChar;
    if (alnum || Among(c, "-._~!$&'()*+,;=%")) bits |= kHostChar;
    classes[static_cast<size_t>(i)] = bits;
  }
  return classes;
}

inline constexpr std::array<uint8_t, 256> kCharClasses = MakeCharClasses();

}  // namespace internal

constexpr bool IsChar(char c, CharClass wanted) {
  return (internal::kCharClasses[static_cast<uint8_t>(c)] & wanted) != 0;
}

// True for the empty text too.
inline bool AllChars(absl::string_view text, CharClass wanted) {
  uint8_t common = wanted;
  for (char c : text) common &= internal::kCharClasses[static_cast<uint8_t>(c)];
  return common != 0;
}

// No control octet but tab: what a header value may hold. Octets above 0x7f pass (RFC 9110 5.5
// obs-text). Eight octets at a time: a byte of `low` or `del` has its top bit set where x < 0x20 or
// x == 0x7f; a borrow can only add a false alarm, which the slow loop settles.
inline bool IsFieldValue(absl::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const char* p = text.data();
  size_t left = text.size();
  auto slow = [](const char* q, size_t n) {
    for (size_t i = 0; i < n; ++i) {
      uint8_t c = static_cast<uint8_t>(q[i]);
      if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
  };
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t x;
    std::memcpy(&x, p, 8);
    uint64_t y = x ^ (kOnes * 0x7f);
    uint64_t low = (x - kOnes * 0x20) & ~x;
    uint64_t del = (y - kOnes) & ~y;
    if (((low | del) & (kOnes * 0x80)) != 0 && !slow(p, 8)) return false;
  }
  return slow(p, left);
}

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_CHARS_H_
