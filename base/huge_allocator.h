// base/huge_allocator.h -- for std::vector: large tables in pages of 2 MB, where there are such.
//
// why: a table of megabytes that is read at random misses the TLB at every read, and in a virtual
//      machine each miss is a walk through two page tables; with pages of 2 MB the whole table is a
//      handful of entries.
// limits: advice only; a block is rounded up to whole pages, small ones come from malloc as ever.
#ifndef SPILLWAY_BASE_HUGE_ALLOCATOR_H_
#define SPILLWAY_BASE_HUGE_ALLOCATOR_H_

#include <cstddef>

namespace spillway {

// Never null: no memory is the end, as everywhere here. Free with FreeHuge.
void* AllocateHuge(size_t bytes);
void FreeHuge(void* block) noexcept;

template <typename T>
struct HugeAllocator {
  using value_type = T;

  HugeAllocator() = default;
  template <typename U>
  HugeAllocator(const HugeAllocator<U>&) {}

  T* allocate(size_t count) { return static_cast<T*>(AllocateHuge(count * sizeof(T))); }
  void deallocate(T* block, size_t) noexcept { FreeHuge(block); }

  friend bool operator==(const HugeAllocator&, const HugeAllocator&) { return true; }
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_HUGE_ALLOCATOR_H_
