// dns/wire/name.h -- domain names in wire form: one inline value, and functions over views of one.
//
//   www.example.  =  3 w w w 7 e x a m p l e 0        root = 0
//
// why: names are keys of every table, so they are kept as the bytes that are hashed and sent; text
// is
//      for people. Length octets are at most 63 and 'A' is 65, so a whole wire name folds in one
//      pass.
// invariants: (1) 1..255 octets, labels 1..63, the last octet is the root's 0, no compression;
//             (2) only ASCII letters fold (RFC 4343 2): 0xDF and 0xFF stay apart.
// A "wire name" argument below is a view that holds invariant 1; what comes from outside passes
// Name::FromText, Name::FromWire or ParseQuery first.
#ifndef SPILLWAY_DNS_WIRE_NAME_H_
#define SPILLWAY_DNS_WIRE_NAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace spillway::dns {

inline constexpr size_t kNameSizeMax = 255;    // RFC 1035 2.3.4
inline constexpr size_t kLabelSizeMax = 63;    // RFC 1035 2.3.4
inline constexpr size_t kLabelCountMax = 127;  // (255 - root) / 2 octets of the shortest label

constexpr uint8_t FoldAscii(uint8_t c) {
  return static_cast<uint8_t>(c + ((static_cast<uint8_t>(c - 'A') < 26) << 5));
}

class Name {
 public:
  Name() { bytes_[0] = 0; }  // the root
  Name(const Name& other) { Assign(other.wire()); }
  Name& operator=(const Name& other) {
    Assign(other.wire());
    return *this;
  }

  // Master-file text (RFC 1035 5.1): "www.example.com" or with a final dot, `\.` `\032` escapes,
  // "." or "" for the root; always absolute. None when it breaks invariant 1.
  static std::optional<Name> FromText(absl::string_view text);
  // Exactly one uncompressed name. None when it breaks invariant 1.
  static std::optional<Name> FromWire(absl::string_view bytes);

  // Copies a wire name. Aliasing with this name's own bytes is allowed.
  void Assign(absl::string_view wire_name);
  // Puts `label` (without length octet, 1..63 octets) in front. False, unchanged, when too long.
  [[nodiscard]] bool Prepend(absl::string_view label);
  // Replaces the last `old_suffix_size` octets (a suffix on a label border) by `new_suffix` (a wire
  // name): RFC 6672 2.2. False, unchanged, when the result is too long.
  [[nodiscard]] bool ReplaceSuffix(size_t old_suffix_size, absl::string_view new_suffix);
  void FoldCase() { AssignFolded(wire()); }
  // Assign and FoldCase at once.
  void AssignFolded(absl::string_view wire_name);

  absl::string_view wire() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }
  size_t size() const { return size_; }
  bool is_root() const { return size_ == 1; }
  std::string ToText() const;

  // Case-sensitive: fold both before comparing names that came from outside.
  friend bool operator==(const Name& a, const Name& b) { return a.wire() == b.wire(); }
  template <typename H>
  friend H AbslHashValue(H h, const Name& name) {
    return H::combine(std::move(h), name.wire());
  }

 private:
  friend class NameParser;
  uint8_t size_ = 1;
  std::array<uint8_t, kNameSizeMax> bytes_;  // only the first size_ are set
};

// The name without its first label; requires a wire name that is not the root.
constexpr absl::string_view ParentName(absl::string_view wire_name) {
  return wire_name.substr(1 + static_cast<uint8_t>(wire_name[0]));
}
// Octets of the wire name at the front of `bytes` (e.g. of record data). O(labels).
size_t NameSize(absl::string_view bytes);
// Labels without the root's. O(labels).
int LabelCount(absl::string_view wire_name);
// True when `name` is `ancestor` or below it, on a label border. Case-sensitive. O(labels).
bool IsAtOrBelow(absl::string_view name, absl::string_view ancestor);
bool EqualNamesNoCase(absl::string_view a, absl::string_view b);
// Text of a wire name with a final dot; octets outside printable ASCII as \DDD.
std::string NameToText(absl::string_view wire_name);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_NAME_H_
