// http/redirect/answers.h -- the octets of a redirect, a steering manifest and their refusals.
//
//   GET /a%2Fb?q  ──►  302, Location: <scheme>://<authority>/a%2Fb?q
//                      or, with Accept: application/json, 200 and
//                      {"location":..,"service":..,"target":..,"ttl":..[,"max_kbps":..]}
//                  or  503, Retry-After: n: the waiting room; JSON on request
//                      {"error":"waiting room","service":..,"retry_after":n}
//   GET /steer/x?s=1&_HLS_pathway="a"
//             ──►  200 {"VERSION":1,"TTL":..,"RELOAD-URI":"/steer/x?s=1","PATHWAY-PRIORITY":[..]}
//
// invariants: (1) scheme and authority of a Location come from the plan alone; the request gives
//   path and query, octet for octet; (2) every answer carries Access-Control-Allow-Origin: a
//   browser's player checks it on redirects too; (3) a cap in force is on every answer that leads
//   to a target, CMSD-Dynamic: "spillway";mb=<kbit/s>, and on no other; (4) no heap once the
//   scratch has grown (heap_test.cc).
// references: RFC 9110 10.2.2, 10.2.3 (Retry-After), 15.4.3; draft-pantos-hls-rfc8216bis 7; ETSI
//   TS 103 998; CTA-5006 (mb: the bitrate a player should not go above).
#ifndef SPILLWAY_HTTP_REDIRECT_ANSWERS_H_
#define SPILLWAY_HTTP_REDIRECT_ANSWERS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/json_writer.h"
#include "http/server/request.h"
#include "http/server/response.h"

namespace spillway::http {

// Memory that answers are put together in; one per worker, kept between requests.
struct AnswerScratch {
  JsonWriter json;
  std::string text;
};

struct RedirectChoice {
  absl::string_view scheme;
  absl::string_view authority;  // "host" or "host:port"
  absl::string_view service;
  absl::string_view target;
  int64_t ttl_s = 0;      // how long a client may go on without asking again
  uint32_t max_kbps = 0;  // what players should stay under; 0 = no cap
};

// Whether application/json is listed in Accept by name, and not with q=0.
bool WantsJson(const Request& request);

// The request must have an origin or absolute target.
void AnswerRedirect(const Request& request, const RedirectChoice& choice, AnswerScratch* scratch,
                    Response& response);

// `pathways` in order of preference, at least one. RELOAD-URI is the request's path and query
// without what the player adds (_HLS_*, _DASH_*). `max_kbps` as in RedirectChoice.
void AnswerManifest(const Request& request, int64_t ttl_s, uint32_t max_kbps,
                    absl::Span<const absl::string_view> pathways, AnswerScratch* scratch,
                    Response& response);

// 503 for a client that is asked to come back in `retry_after_s`.
void AnswerWaiting(const Request& request, absl::string_view service, uint32_t retry_after_s,
                   AnswerScratch* scratch, Response& response);

// `what` is one word or a short phrase: {"error":what} or text. 405 gets its Allow.
void AnswerError(const Request& request, int status, absl::string_view what, AnswerScratch* scratch,
                 Response& response);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_REDIRECT_ANSWERS_H_
