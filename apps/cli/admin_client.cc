#include "apps/cli/admin_client.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "apps/cli/format.h"

namespace spillway::cli {
namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

size_t Collect(char* data, size_t size, size_t count, void* body) {
  std::string* text = static_cast<std::string*>(body);
  size_t bytes = size * count;
  if (text->size() + bytes > kReplySizeMax) return 0;  // makes curl stop with CURLE_WRITE_ERROR
  text->append(data, bytes);
  return bytes;
}

HeaderList Headers(const std::string& token) {
  HeaderList list;
  auto add = [&list](const std::string& line) {
    if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
      (void)list.release();
      list.reset(longer);
    }
  };
  add("Accept: application/json");
  add("Content-Type: application/json");
  add("Expect:");  // curl's 100-continue costs a second when the server does not know it
  if (!token.empty()) add(absl::StrCat("Authorization: Bearer ", token));
  return list;
}

std::string Reason(CURLcode code, const AdminClient::Options& options, absl::string_view detail) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::StrCat("no answer within ", absl::FormatDuration(options.timeout));
    case CURLE_WRITE_ERROR:
      return absl::StrCat("the answer is larger than ", kReplySizeMax >> 20, " MiB");
    case CURLE_COULDNT_CONNECT:
      return "connection refused or no route; is spillwayd running, and is --admin right?";
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "not HTTP; want http://HOST:PORT";
    default:
      return Printable(detail.empty() ? curl_easy_strerror(code) : detail);
  }
}

}  // namespace

absl::StatusOr<AdminClient> AdminClient::Create(Options options) {
  if (!absl::StrContains(options.url, "://")) options.url = absl::StrCat("http://", options.url);
  while (absl::EndsWith(options.url, "/")) options.url.pop_back();
  for (char c : options.url) {
    if (!absl::ascii_isgraph(c)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--admin: want http://HOST:PORT, got \"", Printable(options.url), "\""));
    }
  }
  // A blank or a line break in it would end the header field (RFC 6750 2.1 allows none).
  for (char c : options.token) {
    if (!absl::ascii_isgraph(c)) {
      return absl::InvalidArgumentError("the token: want printable characters without blanks");
    }
  }
  return AdminClient(std::move(options));
}

absl::StatusOr<AdminReply> AdminClient::Ask(absl::string_view path, const std::string* body) const {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::unique_ptr<CURL, EasyDeleter> easy(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (easy == nullptr) return absl::InternalError("libcurl does not start");

  AdminReply reply;
  char detail[CURL_ERROR_SIZE] = "";
  HeaderList headers = Headers(options_.token);
  std::string url = absl::StrCat(options_.url, path);
  CURL* c = easy.get();
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(options_.timeout / absl::Milliseconds(1)));
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &Collect);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &reply.body);
  if (body != nullptr) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->c_str());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
  }
  if (CURLcode code = curl_easy_perform(c); code != CURLE_OK) {
    return absl::UnavailableError(
        absl::StrCat(Printable(options_.url), ": ", Reason(code, options_, detail)));
  }
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  reply.code = static_cast<int>(status);
  return reply;
}

std::string QueryEscape(absl::string_view text) {
  std::string out;
  for (char c : text) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-._~", absl::string_view(&c, 1))) {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<uint8_t>(c));
    }
  }
  return out;
}

}  // namespace spillway::cli
