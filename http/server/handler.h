// http/server/handler.h -- what answers requests. One per worker thread, so it needs no lock.
#ifndef SPILLWAY_HTTP_SERVER_HANDLER_H_
#define SPILLWAY_HTTP_SERVER_HANDLER_H_

#include <functional>
#include <memory>

#include "http/server/request.h"
#include "http/server/response.h"

namespace spillway::http {

class Handler {
 public:
  virtual ~Handler() = default;
  // Called for every request that parses, whatever its method. Must not block: other connections of
  // the worker wait. Answers through `response` before it returns.
  virtual void Handle(const Request& request, Response& response) = 0;
};

// Makes worker `index`'s handler (0..workers-1); called on the thread that starts the server.
using HandlerFactory = std::function<std::unique_ptr<Handler>(int index)>;

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_HANDLER_H_
