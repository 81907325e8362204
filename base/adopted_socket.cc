#include "base/adopted_socket.h"

#include <fcntl.h>

namespace spillway {

UniqueFd AdoptedSocket::Duplicate() const {
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return copy;
  const int flags = fcntl(copy.get(), F_GETFL);
  if (flags < 0 || fcntl(copy.get(), F_SETFL, flags | O_NONBLOCK) != 0) copy.Reset();
  return copy;
}

}  // namespace spillway
