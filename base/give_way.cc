#include "base/give_way.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

namespace spillway {

void GiveWay(int steps) {
  // On Linux a thread has a nice value of its own.
  const auto self = static_cast<id_t>(gettid());
  errno = 0;
  const int nice = getpriority(PRIO_PROCESS, self);
  if (errno == 0) setpriority(PRIO_PROCESS, self, nice + steps);
}

}  // namespace spillway
