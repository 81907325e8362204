// base/crc32c.h -- CRC-32C (Castagnoli): tells bytes that were torn or flipped on disk.
//
// why: not a hash of hash.h, because a CRC finds every burst of up to 32 bits, which is how disks
//      and power cuts break files.
// cost: about 2 ns an octet (one table), which is 1 us for a record of a plan's inputs.
// references: RFC 3720 12.1 and its vectors, B.4.
#ifndef SPILLWAY_BASE_CRC32C_H_
#define SPILLWAY_BASE_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace spillway {

// Of `bytes` after those whose CRC is `before` (0 = none).
uint32_t Crc32c(absl::string_view bytes, uint32_t before = 0);

}  // namespace spillway

#endif  // SPILLWAY_BASE_CRC32C_H_
