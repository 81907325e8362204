#include "base/huge_allocator.h"

#include <sys/mman.h>

#include <cstdlib>

#include "base/check.h"

namespace spillway {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;  // of x86-64, and of AArch64 with pages of 4 KB

}  // namespace

void* AllocateHuge(size_t bytes) {
  const bool huge = bytes >= kHugePage / 2;
  if (huge) bytes = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* block = huge ? std::aligned_alloc(kHugePage, bytes) : std::malloc(bytes);
  CHECK(block != nullptr);
  if (huge) madvise(block, bytes, MADV_HUGEPAGE);  // as well without
  return block;
}

void FreeHuge(void* block) noexcept { std::free(block); }

}  // namespace spillway
