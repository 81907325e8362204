#include "dns/wire/message_name.h"

#include <algorithm>
#include <array>

namespace spillway::dns {

bool ReadMessageName(absl::Span<const uint8_t> message, size_t* offset, Name* name) {
  std::array<char, kNameSizeMax> wire;
  size_t size = 0;
  size_t at = *offset;
  size_t before = at;  // pointers must lead before it
  bool jumped = false;
  while (at < message.size()) {
    const uint8_t label_size = message[at];
    if (label_size >= 0xc0) {
      if (at + 1 >= message.size()) return false;
      if (!jumped) *offset = at + 2;
      jumped = true;
      at = static_cast<size_t>(label_size & 0x3f) << 8 | message[at + 1];
      if (at >= before) return false;
      before = at;
      continue;
    }
    const size_t count = 1u + label_size;
    if (label_size > kLabelSizeMax || size + count > wire.size() || at + count > message.size())
      return false;
    std::copy_n(message.begin() + static_cast<ptrdiff_t>(at), count,
                wire.begin() + static_cast<ptrdiff_t>(size));
    size += count;
    at += count;
    if (label_size > 0) continue;
    if (!jumped) *offset = at;
    name->Assign({wire.data(), size});
    return true;
  }
  return false;
}

}  // namespace spillway::dns
