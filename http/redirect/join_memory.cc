#include "http/redirect/join_memory.h"

namespace spillway::http {
namespace {

constexpr int kSecondBits = 24;  // 194 days; an entry that old could pass for a new one for 20 min
constexpr uint64_t kSecondMask = (uint64_t{1} << kSecondBits) - 1;

// The lowest bit is given up so that no entry is 0.
uint64_t TagOf(uint64_t key) { return (key >> kSecondBits) | 1; }
uint64_t SecondOf(absl::Time now) {
  return static_cast<uint64_t>(absl::ToUnixSeconds(now)) & kSecondMask;
}
// Seconds between an entry and now, modulo 2^24.
uint64_t Age(uint64_t entry, uint64_t second) { return (second - entry) & kSecondMask; }

}  // namespace

JoinMemory::JoinMemory(size_t entries) {
  size_t lines = 1;
  while (lines * kLineEntries < entries) lines *= 2;
  line_mask_ = lines - 1;
  lines_ = std::make_unique<Line[]>(lines);
}

bool JoinMemory::Contains(uint64_t key, absl::Time now) const {
  for (const std::atomic<uint64_t>& slot : LineOf(key).entries) {
    const uint64_t entry = slot.load(std::memory_order_relaxed);
    if (entry == 0 || entry >> kSecondBits != TagOf(key)) continue;
    // The wall clock may be set back: an entry from the near future counts, too.
    return Age(entry + kJoinRememberedS, SecondOf(now) + 2 * kJoinRememberedS) <=
           2 * kJoinRememberedS;
  }
  return false;
}

void JoinMemory::Remember(uint64_t key, absl::Time now) {
  const uint64_t second = SecondOf(now);
  std::atomic<uint64_t>* chosen = nullptr;
  uint64_t oldest = 0;
  for (std::atomic<uint64_t>& slot : LineOf(key).entries) {
    const uint64_t entry = slot.load(std::memory_order_relaxed);
    if (entry != 0 && entry >> kSecondBits == TagOf(key)) {
      chosen = &slot;
      break;
    }
    const uint64_t age = entry == 0 ? kSecondMask + 1 : Age(entry, second);
    if (chosen == nullptr || age > oldest) {
      chosen = &slot;
      oldest = age;
    }
  }
  chosen->store(TagOf(key) << kSecondBits | second, std::memory_order_relaxed);
}

}  // namespace spillway::http
