// http/redirect/join_memory.h -- who was let in lately: a client that asks again is a retry.
//
//   key ──low bits──► line of 8 entries:  [ tag:40 │ second:24 ] × 8     one cache line, 64 octets
//         high 40 bits = tag                        of Plan::made_at
//
// why: after an interruption as short as 30 s, restarts were 10 times the normal traffic (Netflix).
//   Those who had been let in must neither wait behind new joins nor push them out, so they are
//   counted and drawn apart.
// why one for all workers: SO_REUSEPORT gives a client's next connection to any of them; a memory
//   of the worker's own would know one retry in `workers`.
// A full line forgets its oldest entry. Two workers that write the same entry at once lose one of
// the two, and a tag can be taken for another's (8 x 2^-39 a look-up): a retry is then drawn as a
// join or the reverse, no more.
// limits: fixed at construction; no heap afterwards. thread safety: any thread, no lock.
#ifndef SPILLWAY_HTTP_REDIRECT_JOIN_MEMORY_H_
#define SPILLWAY_HTTP_REDIRECT_JOIN_MEMORY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"

namespace spillway::http {

// How long one that was let in counts: 20 of the interruptions above, and within the mean session.
inline constexpr uint64_t kJoinRememberedS = 600;

class JoinMemory {
 public:
  // Rounded up to a power of two, at least one line of 8; 8 octets each.
  explicit JoinMemory(size_t entries);

  // Whether `key` was remembered in the kJoinRememberedS before `now`. `key` is well mixed.
  bool Contains(uint64_t key, absl::Time now) const;
  // Anew if it is there already.
  void Remember(uint64_t key, absl::Time now);

  size_t entries() const { return (line_mask_ + 1) * kLineEntries; }

 private:
  static constexpr size_t kLineEntries = 8;
  struct alignas(64) Line {
    std::array<std::atomic<uint64_t>, kLineEntries> entries{};  // 0 = free
  };
  Line& LineOf(uint64_t key) const { return lines_[key & line_mask_]; }

  size_t line_mask_;
  std::unique_ptr<Line[]> lines_;
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_REDIRECT_JOIN_MEMORY_H_
