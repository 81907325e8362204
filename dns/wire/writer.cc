#include "dns/wire/writer.h"

#include <cstring>

#include "dns/wire/name.h"

namespace spillway::dns {

// Only names this writer wrote or was told of are walked, so pointers go backwards and end.
bool Writer::MatchesAt(size_t offset, absl::string_view wire_name) const {
  while (true) {
    uint8_t label_size = buffer_[offset];
    if (label_size >= 0xc0) {
      offset = static_cast<size_t>(label_size & 0x3f) << 8 | buffer_[offset + 1];
      continue;
    }
    if (label_size != static_cast<uint8_t>(wire_name[0])) return false;
    if (label_size == 0) return true;
    // Mostly they are equal to the case.
    if (std::memcmp(&buffer_[offset], wire_name.data(), 1u + label_size) != 0 &&
        !EqualNamesNoCase({reinterpret_cast<const char*>(&buffer_[offset]), 1u + label_size},
                          wire_name.substr(0, 1u + label_size))) {
      return false;
    }
    offset += 1 + label_size;
    wire_name.remove_prefix(1 + label_size);
  }
}

size_t Writer::Find(absl::string_view wire_name) const {
  for (size_t i = 0; i < label_count_; ++i) {
    if (buffer_[labels_[i]] == static_cast<uint8_t>(wire_name[0]) &&
        MatchesAt(labels_[i], wire_name)) {
      return labels_[i];
    }
  }
  return 0;
}

void Writer::NameCompressed(absl::string_view wire_name) {
  if (label_count_ == 0 && !question_.empty()) RememberLabels(question_offset_, question_, 1);
  absl::string_view rest = wire_name;
  size_t pointer = 0;
  while (rest[0] != 0 && (pointer = Find(rest)) == 0) rest = ParentName(rest);
  const size_t literal = wire_name.size() - rest.size();
  const size_t start = size_;
  uint8_t* octets = Take(literal + (pointer != 0 ? 2 : 1));
  if (octets == nullptr) return;
  std::memcpy(octets, wire_name.data(), literal);
  if (pointer != 0) {
    Store16(octets + literal, static_cast<uint16_t>(0xc000 | pointer));
  } else {
    octets[literal] = 0;
  }
  RememberLabels(start, wire_name, rest.size());
}

void Writer::RememberLabels(size_t offset, absl::string_view wire_name, size_t rest_size) {
  for (; wire_name.size() > rest_size; wire_name = ParentName(wire_name)) {
    if (offset > kPointerMax || label_count_ == kLabelsMax) return;
    labels_[label_count_++] = static_cast<uint16_t>(offset);
    offset += 1 + static_cast<uint8_t>(wire_name[0]);
  }
}

}  // namespace spillway::dns
