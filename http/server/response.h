// http/server/response.h -- an answer written straight into the connection's output.
//
//   response.Status(302).Header("Location", "https://", host, path).Body("text/plain", "go\n");
//
// Date, Content-Length and Connection are written here and by nobody else; HEAD gets no body; 204
// and 304 get no Content-Length (RFC 9110 8.6). A handler that sets no status answers 500.
// invariants: (1) an answer is written whole: calling Status() again starts it anew; (2) no value
//   with a control octet gets out: such a header is left out and counted as a bug.
#ifndef SPILLWAY_HTTP_SERVER_RESPONSE_H_
#define SPILLWAY_HTTP_SERVER_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace spillway::http {

// What an answer depends on besides its handler.
struct ResponseSetting {
  absl::string_view date;            // IMF-fixdate (RFC 9110 5.6.7)
  bool head_only = false;            // the request was HEAD
  bool keep_alive = true;            // the connection stays open after this answer
  bool announce_keep_alive = false;  // HTTP/1.0 asked for it and must be told
};

class Response {
 public:
  // Appends to `out`, which must outlive the response.
  Response(std::string* out, const ResponseSetting& setting)
      : out_(out), start_(out->size()), setting_(setting) {}
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  // 200..599. Must come first.
  Response& Status(int code);
  // The value is the pieces (anything an absl::string_view is made from) one after the other. Not
  // for the headers named above, nor Content-Type, which Body() writes.
  template <typename... Pieces>
  Response& Header(absl::string_view name, const Pieces&... pieces) {
    AddHeader(name, {absl::string_view(pieces)...});
    return *this;
  }
  // The last call, at most once per Status().
  template <typename... Pieces>
  void Body(absl::string_view type, const Pieces&... pieces) {
    AddBody(type, {absl::string_view(pieces)...});
  }
  // The connection ends after this answer.
  Response& Close() {
    setting_.keep_alive = false;
    return *this;
  }

  int status() const { return status_; }
  bool keep_alive() const { return setting_.keep_alive; }

  // For the session: ends an answer that had no Body().
  void Finish();

 private:
  using PieceList = std::initializer_list<absl::string_view>;
  void AddHeader(absl::string_view name, PieceList pieces);
  void AddBody(absl::string_view type, PieceList pieces);
  void EndHead(size_t body_size);

  std::string* out_;
  size_t start_;
  ResponseSetting setting_;
  int status_ = 0;
  bool ended_ = false;
};

// "Not Found"; "" for codes without a registered phrase here.
absl::string_view ReasonPhrase(int status);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_RESPONSE_H_
