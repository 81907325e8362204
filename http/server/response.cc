#include "http/server/response.h"

#include "base/check.h"
#include "http/server/chars.h"

namespace spillway::http {
namespace {

void Append(absl::string_view text, std::string* out) { out->append(text.data(), text.size()); }

void AppendNumber(size_t number, std::string* out) {
  char digits[20];  // 2^64 has 20
  char* end = digits + sizeof(digits);
  char* begin = end;
  do {
    *--begin = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  out->append(begin, static_cast<size_t>(end - begin));
}

}  // namespace

absl::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
  }
  return "";
}

Response& Response::Status(int code) {
  DCHECK(code >= 200 && code <= 599);
  out_->resize(start_);
  status_ = code;
  ended_ = false;
  Append("HTTP/1.1 ", out_);
  AppendNumber(static_cast<size_t>(code), out_);
  out_->push_back(' ');
  Append(ReasonPhrase(code), out_);
  Append("\r\nDate: ", out_);
  Append(setting_.date, out_);
  Append("\r\n", out_);
  return *this;
}

void Response::AddHeader(absl::string_view name, PieceList pieces) {
  DCHECK(status_ != 0 && !ended_ && AllChars(name, kTokenChar));
  size_t before = out_->size();
  Append(name, out_);
  Append(": ", out_);
  size_t value = out_->size();
  for (absl::string_view piece : pieces) Append(piece, out_);
  if (!IsFieldValue(absl::string_view(*out_).substr(value))) {
    SPILLWAY_BUG("control octet in a response header");
    out_->resize(before);
    return;
  }
  Append("\r\n", out_);
}

void Response::EndHead(size_t body_size) {
  if (status_ != 204 && status_ != 304) {
    Append("Content-Length: ", out_);
    AppendNumber(body_size, out_);
    Append("\r\n", out_);
  }
  if (!setting_.keep_alive) {
    Append("Connection: close\r\n", out_);
  } else if (setting_.announce_keep_alive) {
    Append("Connection: keep-alive\r\n", out_);
  }
  Append("\r\n", out_);
  ended_ = true;
}

void Response::AddBody(absl::string_view type, PieceList pieces) {
  DCHECK(status_ != 0 && !ended_);
  size_t size = 0;
  for (absl::string_view piece : pieces) size += piece.size();
  AddHeader("Content-Type", {type});
  EndHead(size);
  if (setting_.head_only || status_ == 204 || status_ == 304) return;
  for (absl::string_view piece : pieces) Append(piece, out_);
}

void Response::Finish() {
  if (status_ == 0) {
    SPILLWAY_BUG("handler set no status");
    Status(500);
  }
  if (!ended_) EndHead(0);
}

}  // namespace spillway::http
