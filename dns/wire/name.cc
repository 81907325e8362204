#include "dns/wire/name.h"

#include <algorithm>
#include <cstring>

namespace spillway::dns {
namespace {

// Reads one possibly escaped octet of master-file text at `pos`; false on a broken escape.
bool ReadEscaped(absl::string_view text, size_t& pos, uint8_t& octet) {
  ++pos;  // the backslash
  if (pos >= text.size()) return false;
  auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (!digit(pos)) {
    octet = static_cast<uint8_t>(text[pos++]);
    return true;
  }
  if (pos + 3 > text.size() || !digit(pos + 1) || !digit(pos + 2)) return false;
  int value = (text[pos] - '0') * 100 + (text[pos + 1] - '0') * 10 + (text[pos + 2] - '0');
  if (value > 255) return false;
  octet = static_cast<uint8_t>(value);
  pos += 3;
  return true;
}

// FoldAscii of eight octets at once: of each, bit 7 of a sum tells whether it is above a bound.
constexpr uint64_t FoldWord(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low = word & 0x7f * kOnes;
  const uint64_t from_a = low + (0x80 - 'A') * kOnes;
  const uint64_t behind_z = low + (0x7f - 'Z') * kOnes;
  return word | (from_a & ~behind_z & ~word & 0x80 * kOnes) >> 2;
}

}  // namespace

class NameParser {
 public:
  static std::optional<Name> Parse(absl::string_view text) {
    Name name;
    if (text.empty() || text == ".") return name;
    size_t label_start = 0;  // where the length octet of the open label is
    size_t size = 1;
    for (size_t pos = 0; pos < text.size();) {
      if (text[pos] == '.') {
        if (size == label_start + 1) return std::nullopt;  // empty label
        Close(name, label_start, size);
        label_start = size++;
        ++pos;
        continue;
      }
      uint8_t octet = static_cast<uint8_t>(text[pos]);
      if (octet == '\\') {
        if (!ReadEscaped(text, pos, octet)) return std::nullopt;
      } else {
        ++pos;
      }
      // One octet must stay free for the root; labels end at 63.
      if (size + 1 >= kNameSizeMax || size - label_start > kLabelSizeMax) return std::nullopt;
      name.bytes_[size++] = octet;
    }
    if (size > label_start + 1) {  // no final dot
      Close(name, label_start, size);
      label_start = size++;
    }
    name.bytes_[label_start] = 0;
    name.size_ = static_cast<uint8_t>(label_start + 1);
    return name;
  }

 private:
  static void Close(Name& name, size_t label_start, size_t size) {
    name.bytes_[label_start] = static_cast<uint8_t>(size - label_start - 1);
  }
};

std::optional<Name> Name::FromText(absl::string_view text) { return NameParser::Parse(text); }

std::optional<Name> Name::FromWire(absl::string_view bytes) {
  if (bytes.empty() || bytes.size() > kNameSizeMax) return std::nullopt;
  size_t pos = 0;
  while (bytes[pos] != 0) {
    size_t label_size = static_cast<uint8_t>(bytes[pos]);
    if (label_size > kLabelSizeMax) return std::nullopt;
    pos += 1 + label_size;
    if (pos >= bytes.size()) return std::nullopt;
  }
  if (pos + 1 != bytes.size()) return std::nullopt;
  Name name;
  name.Assign(bytes);
  return name;
}

void Name::Assign(absl::string_view wire_name) {
  std::memmove(bytes_.data(), wire_name.data(), wire_name.size());
  size_ = static_cast<uint8_t>(wire_name.size());
}

bool Name::Prepend(absl::string_view label) {
  if (label.empty() || label.size() > kLabelSizeMax) return false;
  if (size_ + label.size() + 1 > kNameSizeMax) return false;
  std::memmove(bytes_.data() + label.size() + 1, bytes_.data(), size_);
  bytes_[0] = static_cast<uint8_t>(label.size());
  std::memcpy(bytes_.data() + 1, label.data(), label.size());
  size_ = static_cast<uint8_t>(size_ + label.size() + 1);
  return true;
}

bool Name::ReplaceSuffix(size_t old_suffix_size, absl::string_view new_suffix) {
  size_t kept = size_ - old_suffix_size;
  if (kept + new_suffix.size() > kNameSizeMax) return false;
  std::memmove(bytes_.data() + kept, new_suffix.data(), new_suffix.size());
  size_ = static_cast<uint8_t>(kept + new_suffix.size());
  return true;
}

void Name::AssignFolded(absl::string_view wire_name) {
  size_ = static_cast<uint8_t>(wire_name.size());
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= size_; i += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, wire_name.data() + i, sizeof word);
    word = FoldWord(word);
    std::memcpy(bytes_.data() + i, &word, sizeof word);
  }
  for (; i < size_; ++i) bytes_[i] = FoldAscii(static_cast<uint8_t>(wire_name[i]));
}

std::string Name::ToText() const { return NameToText(wire()); }

size_t NameSize(absl::string_view bytes) {
  size_t size = 0;
  while (bytes[size] != 0) size += 1 + static_cast<uint8_t>(bytes[size]);
  return size + 1;
}

int LabelCount(absl::string_view wire_name) {
  int count = 0;
  for (; wire_name[0] != 0; wire_name = ParentName(wire_name)) ++count;
  return count;
}

bool IsAtOrBelow(absl::string_view name, absl::string_view ancestor) {
  while (name.size() > ancestor.size()) name = ParentName(name);
  return name == ancestor;
}

bool EqualNamesNoCase(absl::string_view a, absl::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return FoldAscii(static_cast<uint8_t>(x)) == FoldAscii(static_cast<uint8_t>(y));
  });
}

std::string NameToText(absl::string_view wire_name) {
  if (wire_name.size() <= 1) return ".";
  std::string text;
  for (; wire_name[0] != 0; wire_name = ParentName(wire_name)) {
    for (char c : wire_name.substr(1, static_cast<uint8_t>(wire_name[0]))) {
      uint8_t octet = static_cast<uint8_t>(c);
      if (octet <= ' ' || octet >= 0x7f) {
        const char digits[] = {'\\', static_cast<char>('0' + octet / 100),
                               static_cast<char>('0' + octet / 10 % 10),
                               static_cast<char>('0' + octet % 10)};
        text.append(digits, sizeof digits);
        continue;
      }
      // What master files give a meaning to.
      if (std::strchr(".\\\"();@$", c) != nullptr) text.push_back('\\');
      text.push_back(c);
    }
    text.push_back('.');
  }
  return text;
}

}  // namespace spillway::dns
