#include "http/server/session.h"

#include "http/server/request.h"
#include "http/server/response.h"

namespace spillway::http {
namespace {

void Refuse(HeadError error, SessionContext& context, std::string* out) {
  context.counters->refused[static_cast<size_t>(error)].Add();
  Response response(out, {.date = context.date, .keep_alive = false});
  response.Status(StatusOf(error)).Body("text/plain", NameOf(error), "\n");
}

// Returns whether the connection stays open.
bool Answer(const Request& request, SessionContext& context, std::string* out) {
  const RequestHead& head = context.head;
  Response response(out, {.date = context.date,
                          .head_only = head.method == Method::kHead,
                          .keep_alive = head.keep_alive && !context.stopping,
                          .announce_keep_alive = head.minor_version == 0});
  context.handler->Handle(request, response);
  response.Finish();
  context.counters->answered[static_cast<size_t>(response.status() / 100)].Add();
  return response.keep_alive();
}

}  // namespace

Session::Next Session::Consume(absl::string_view input, const IpAddress& peer,
                               SessionContext& context, std::string* out, size_t* consumed) {
  *consumed = 0;
  while (*consumed < input.size()) {
    if (out->size() > context.output_size_max) return Next::kFlush;
    absl::string_view rest = input.substr(*consumed);
    if (rest.size() < wanted_) return Next::kRead;
    HeadError error = ParseHead(rest, wanted_ == 0 ? seen_ : 0, &context.head);
    if (error == HeadError::kIncomplete) {
      seen_ = rest.size();
      return Next::kRead;
    }
    if (error == HeadError::kNone && context.head.content_length > context.body_size_max) {
      error = HeadError::kBodyTooLarge;
    }
    if (error != HeadError::kNone) {
      Refuse(error, context, out);
      *consumed = input.size();
      return Next::kRefused;
    }
    const size_t size = context.head.size + context.head.content_length;
    if (rest.size() < size) {
      // RFC 9110 10.1.1: only while the body is still awaited, and never to HTTP/1.0.
      if (wanted_ == 0 && context.head.expects_continue && context.head.minor_version >= 1) {
        out->append("HTTP/1.1 100 Continue\r\n\r\n");
      }
      wanted_ = size;
      return Next::kRead;
    }
    Request request(context.head, rest.substr(context.head.size, context.head.content_length),
                    peer);
    bool keep_alive = Answer(request, context, out);
    *consumed += size;
    seen_ = wanted_ = 0;
    if (!keep_alive) {
      // A pipelining peer may have more on the way, which must not turn our answer into a reset.
      return context.head.keep_alive || *consumed < input.size() ? Next::kLinger : Next::kClose;
    }
  }
  return Next::kRead;
}

void Session::RefuseLate(SessionContext& context, std::string* out) {
  Refuse(HeadError::kRequestTimeout, context, out);
}

}  // namespace spillway::http
