#include "http/redirect/answers.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "http/redirect/location.h"
#include "http/server/query.h"

namespace spillway::http {
namespace {

using absl::string_view;

constexpr string_view kJson = "application/json";
constexpr string_view kText = "text/plain; charset=utf-8";

// RFC 9110 12.4.2: a weight of zero means "not acceptable".
bool HasZeroWeight(string_view parameters) {
  while (!parameters.empty()) {
    size_t semicolon = parameters.find(';');
    string_view parameter = absl::StripAsciiWhitespace(parameters.substr(0, semicolon));
    if (absl::StartsWithIgnoreCase(parameter, "q=0")) {
      return parameter.find_first_not_of("0.", 2) == string_view::npos;
    }
    parameters.remove_prefix(semicolon == string_view::npos ? parameters.size() : semicolon + 1);
  }
  return false;
}

Response& Begin(int status, Response& response) {
  // no-store: a redirect kept by a cache would go on steering after the plan has changed.
  return response.Status(status)
      .Header("Cache-Control", "no-store")
      .Header("Access-Control-Allow-Origin", "*");
}

// Scripts in a browser see a header of another origin only when it is named here (Fetch 3.3.4).
void AddCap(uint32_t max_kbps, Response& response) {
  if (max_kbps == 0) return;
  response.Header("CMSD-Dynamic", "\"spillway\";mb=", absl::AlphaNum(max_kbps).Piece())
      .Header("Access-Control-Expose-Headers", "CMSD-Dynamic");
}

void BuildReloadUri(const Request& request, std::string* uri) {
  uri->clear();
  absl::StrAppend(uri, request.path());
  char separator = '?';
  string_view query = request.query();
  while (std::optional<QueryParam> param = NextQueryParam(&query)) {
    if (absl::StartsWith(param->name, "_HLS_") || absl::StartsWith(param->name, "_DASH_")) continue;
    uri->push_back(separator);
    absl::StrAppend(uri, param->text);
    separator = '&';
  }
}

}  // namespace

bool WantsJson(const Request& request) {
  for (const HeaderField& field : request.headers()) {
    if (!absl::EqualsIgnoreCase(field.name, "accept")) continue;
    string_view list = field.value;
    while (!list.empty()) {
      size_t comma = list.find(',');
      string_view range = list.substr(0, comma);
      list.remove_prefix(comma == string_view::npos ? list.size() : comma + 1);
      size_t semicolon = range.find(';');
      if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(range.substr(0, semicolon)), kJson))
        continue;
      return semicolon == string_view::npos || !HasZeroWeight(range.substr(semicolon + 1));
    }
  }
  return false;
}

void AnswerRedirect(const Request& request, const RedirectChoice& choice, AnswerScratch* scratch,
                    Response& response) {
  string_view rest = request.path_and_query();
  string_view slash = MissingSlash(rest);
  if (!WantsJson(request)) {
    Begin(302, response).Header("Location", choice.scheme, "://", choice.authority, slash, rest);
    AddCap(choice.max_kbps, response);
    response.Body(kText, "see Location\n");
    return;
  }
  scratch->text.clear();
  absl::StrAppend(&scratch->text, choice.scheme, "://", choice.authority, slash);
  absl::StrAppend(&scratch->text, rest);
  JsonWriter& json = scratch->json;
  json.Clear();
  json.BeginObject().Key("location").String(scratch->text).Key("service").String(choice.service);
  json.Key("target").String(choice.target).Key("ttl").Int(choice.ttl_s);
  if (choice.max_kbps != 0) json.Key("max_kbps").Uint(choice.max_kbps);
  json.EndObject();
  Begin(200, response);
  AddCap(choice.max_kbps, response);
  response.Body(kJson, json.text());
}

void AnswerManifest(const Request& request, int64_t ttl_s, uint32_t max_kbps,
                    absl::Span<const string_view> pathways, AnswerScratch* scratch,
                    Response& response) {
  BuildReloadUri(request, &scratch->text);
  JsonWriter& json = scratch->json;
  json.Clear();
  json.BeginObject().Key("VERSION").Int(1).Key("TTL").Int(ttl_s);
  json.Key("RELOAD-URI").String(scratch->text).Key("PATHWAY-PRIORITY").BeginArray();
  for (string_view pathway : pathways) json.String(pathway);
  json.EndArray().EndObject();
  Begin(200, response);
  AddCap(max_kbps, response);
  response.Body(kJson, json.text());
}

void AnswerWaiting(const Request& request, string_view service, uint32_t retry_after_s,
                   AnswerScratch* scratch, Response& response) {
  Begin(503, response)
      .Header("Retry-After", absl::AlphaNum(retry_after_s).Piece())
      .Header("Access-Control-Expose-Headers", "Retry-After");
  if (!WantsJson(request)) return response.Body(kText, "waiting room: see Retry-After\n");
  JsonWriter& json = scratch->json;
  json.Clear();
  json.BeginObject().Key("error").String("waiting room").Key("service").String(service);
  json.Key("retry_after").Uint(retry_after_s).EndObject();
  response.Body(kJson, json.text());
}

void AnswerError(const Request& request, int status, string_view what, AnswerScratch* scratch,
                 Response& response) {
  Begin(status, response);
  if (status == 405) response.Header("Allow", "GET, HEAD");
  if (!WantsJson(request)) return response.Body(kText, what, "\n");
  JsonWriter& json = scratch->json;
  json.Clear();
  json.BeginObject().Key("error").String(what).EndObject();
  response.Body(kJson, json.text());
}

}  // namespace spillway::http
