#include "dns/wire/writer.h"

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
    for (size_t i = 1; i <= label_size; ++i) {
      if (FoldAscii(buffer_[offset + i]) != FoldAscii(static_cast<uint8_t>(wire_name[i]))) {
        return false;
      }
    }
    offset += 1 + label_size;
    wire_name.remove_prefix(1 + label_size);
  }
}

size_t Writer::Find(absl::string_view wire_name) const {
  for (size_t i = 0; i < label_count_; ++i) {
    if (MatchesAt(labels_[i], wire_name)) return labels_[i];
  }
  return 0;
}

void Writer::NameCompressed(absl::string_view wire_name) {
  absl::string_view rest = wire_name;
  size_t pointer = 0;
  while (rest[0] != 0 && (pointer = Find(rest)) == 0) rest = ParentName(rest);
  const size_t literal = wire_name.size() - rest.size();
  const size_t tail = pointer != 0 ? 2 : 1;
  if (!Room(literal + tail)) return;
  const size_t start = size_;
  Bytes(wire_name.data(), literal);
  if (pointer != 0) {
    U16(static_cast<uint16_t>(0xc000 | pointer));
  } else {
    U8(0);
  }
  size_t offset = start;
  for (absl::string_view left = wire_name; left.size() > rest.size(); left = ParentName(left)) {
    if (offset > kPointerMax || label_count_ == kLabelsMax) return;
    labels_[label_count_++] = static_cast<uint16_t>(offset);
    offset += 1 + static_cast<uint8_t>(left[0]);
  }
}

void Writer::Remember(size_t offset, absl::string_view wire_name) {
  for (; wire_name[0] != 0; wire_name = ParentName(wire_name)) {
    if (offset > kPointerMax || label_count_ == kLabelsMax) return;
    labels_[label_count_++] = static_cast<uint16_t>(offset);
    offset += 1 + static_cast<uint8_t>(wire_name[0]);
  }
}

}  // namespace spillway::dns
