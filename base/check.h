// base/check.h -- broken invariants stop the program; survivable "cannot happen" is counted.
//
// CHECK is on in production. DCHECK is for measured loops only and vanishes with NDEBUG.
// Never use either on what came from outside.
#ifndef SPILLWAY_BASE_CHECK_H_
#define SPILLWAY_BASE_CHECK_H_

#include <cstdint>

namespace spillway {
[[noreturn]] void CheckFailed(const char* file, int line, const char* what);
// Counts a survivable bug and logs the first of each thousand; aborts in debug builds.
void ReportBug(const char* file, int line, const char* what);
uint64_t BugCount();
}  // namespace spillway

#define CHECK(cond)                                       \
  do {                                                    \
    if (!(cond)) [[unlikely]]                             \
      ::spillway::CheckFailed(__FILE__, __LINE__, #cond); \
  } while (false)

#ifdef NDEBUG
#define DCHECK(cond)         \
  do {                       \
    if (false) (void)(cond); \
  } while (false)
#else
#define DCHECK(cond) CHECK(cond)
#endif

#define SPILLWAY_BUG(what) ::spillway::ReportBug(__FILE__, __LINE__, what)

#endif  // SPILLWAY_BASE_CHECK_H_
