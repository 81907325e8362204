// tests/fuzz/ecs_fuzz.cc -- an ECS option that is taken comes back octet for octet but for its
// SCOPE.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "dns/wire/ecs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spillway::dns::Ecs ecs;
  if (spillway::dns::ParseEcs({data, size}, &ecs) != spillway::dns::WireError::kOk) return 0;
  if (spillway::dns::EcsSize(ecs) != size) std::abort();
  std::vector<uint8_t> out(size);
  spillway::dns::EncodeEcs(ecs, 0, out.data());
  if (out != std::vector<uint8_t>(data, data + size)) std::abort();
  if (ecs.source_bits > ecs.address.bits_max()) std::abort();
  return 0;
}
