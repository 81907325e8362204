// tests/fuzz/recording_fuzz.cc -- any bytes as a recording: never a crash, and honest about its end.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/crc32c.h"
#include "steering/record/bytes.h"
#include "steering/record/decoder.h"

using namespace spillway::record;  // NOLINT: a fuzz target

namespace {

// Checksums made right, so that what is behind them is reached.
std::string WithChecksums(std::string bytes) {
  size_t at = kFileHeadSize;
  while (at + kItemHeadSize <= bytes.size()) {
    const size_t size = ByteReader(absl::string_view(bytes).substr(at)).Fixed32();
    if (size > bytes.size() - at - kItemHeadSize) break;
    const absl::string_view view(bytes);
    const uint32_t crc = spillway::Crc32c(view.substr(at + kItemHeadSize, size),
                                          spillway::Crc32c(view.substr(at + 4, 1)));
    for (int i = 0; i < 4; ++i) bytes[at + 5 + i] = static_cast<char>(crc >> (8 * i));
    at += kItemHeadSize + size;
  }
  return bytes;
}

void Read(absl::string_view bytes) {
  Decoder decoder(bytes);
  if (decoder.Open() != RecordError::kNone) {
    if (decoder.bytes_left() > bytes.size()) std::abort();
    return;
  }
  uint64_t number = decoder.begin().first_tick;
  for (Decoder::Item item; (item = decoder.Next()) != Decoder::Item::kEnd;) {
    if (item == Decoder::Item::kFrame && decoder.frame().groups->empty()) std::abort();
    if (item == Decoder::Item::kTick && decoder.tick().number != number++) std::abort();
    if (item == Decoder::Item::kTick && decoder.tick().facts.targets.size() > kTargetsMax)
      std::abort();
  }
  // Everything is used, or the loss is told.
  if ((decoder.bytes_left() == 0) != (decoder.error() == RecordError::kNone)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Read(bytes);
  Read(WithChecksums(bytes));
  return 0;
}
