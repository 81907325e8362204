#include "http/admin/admin_handler.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/suggest.h"
#include "http/admin/drain_limit.h"
#include "http/admin/drain_request.h"
#include "http/admin/plan_json.h"
#include "http/admin/plan_metrics.h"
#include "http/redirect/location.h"
#include "http/server/authority.h"
#include "http/server/query.h"
#include "steering/decide/explain.h"

namespace spillway::http {
namespace {

constexpr absl::string_view kJson = "application/json";

void SendError(Response& response, int status, absl::string_view message) {
  JsonWriter w;
  w.BeginObject().Key("error").String(message).EndObject();
  response.Status(status).Body(kJson, w.text(), "\n");
}

void SendStatus(Response& response, const absl::Status& status) {
  int code = 400;
  if (status.code() == absl::StatusCode::kNotFound) code = 404;
  if (status.code() == absl::StatusCode::kFailedPrecondition) code = 409;
  SendError(response, code, absl::string_view(status.message()));
}

std::optional<std::string> Param(const Request& request, absl::string_view name) {
  std::optional<absl::string_view> raw = FindQueryParam(request.query(), name);
  if (!raw) return std::nullopt;
  return PercentDecode(*raw);
}

// "192.0.2.7", "192.0.2.0/24": an address and how much of it is known.
struct ClientQuestion {
  IpAddress address;
  int bits = 128;
};

std::optional<ClientQuestion> ParseClient(absl::string_view text) {
  size_t slash = text.find('/');
  std::optional<IpAddress> address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  ClientQuestion question{address->Unmapped(), address->Unmapped().bits_max()};
  if (slash == absl::string_view::npos) return question;
  if (!absl::SimpleAtoi(text.substr(slash + 1), &question.bits)) return std::nullopt;
  if (question.bits < 0 || question.bits > question.address.bits_max()) return std::nullopt;
  return question;
}

struct UrlParts {
  std::string host;  // lower case, without port and final dot, as the redirector compares it
  std::string path;  // up to '?'
  std::string path_and_query;
};

// What a browser would send for `url`: without the fragment, and "/" where there is no path.
std::optional<UrlParts> SplitUrl(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "https://") && !absl::ConsumePrefix(&url, "http://"))
    return std::nullopt;
  url = url.substr(0, url.find('#'));
  const size_t end = std::min(url.find_first_of("/?"), url.size());
  std::optional<Authority> authority = ParseAuthority(url.substr(0, end));
  if (!authority) return std::nullopt;
  absl::string_view host = authority->host;
  if (host.size() > 1) absl::ConsumeSuffix(&host, ".");
  const std::string rest =
      absl::StrCat(absl::StartsWith(url.substr(end), "/") ? "" : "/", url.substr(end));
  return UrlParts{absl::AsciiStrToLower(host), rest.substr(0, rest.find('?')), rest};
}

std::string UnknownTarget(const Policy& policy, absl::string_view name) {
  std::vector<std::string> names;
  for (const Target& target : policy.targets) names.push_back(target.name);
  std::string meant = Suggest(name, names);
  return absl::StrCat("no target \"", name, "\"",
                      meant.empty() ? "" : absl::StrCat("; did you mean \"", meant, "\"?"));
}

void WriteStrings(absl::string_view key, const std::vector<std::string>& values, JsonWriter* w) {
  w->Key(key).BeginArray();
  for (const std::string& value : values) w->String(value);
  w->EndArray();
}

void WritePolicyKeys(const AdminBackend& backend, JsonWriter* w) {
  const ReloadReport last = backend.last_reload();
  w->Key("policy").BeginObject().Key("version").String(last.version);
  w->Key("directory").String(backend.policy_directory);
  w->Key("loaded_at").String(Rfc3339(last.loaded_at));
  w->Key("last_reload").BeginObject().Key("at").String(Rfc3339(last.at)).Key("ok").Bool(last.ok);
  WriteStrings("diagnostics", last.diagnostics, w);
  w->EndObject().EndObject();
}

// The zone whose signatures end first, or null.
void WriteSignaturesKey(const AdminBackend& backend, JsonWriter* w) {
  std::optional<SignaturesEnd> end;
  if (backend.signatures) end = backend.signatures();
  w->Key("signatures_end");
  if (!end) {
    w->Null();
    return;
  }
  w->BeginObject().Key("zone").String(end->zone).Key("at").String(Rfc3339(end->at)).EndObject();
}

void WriteGeoKeys(const Plan& plan, JsonWriter* w) {
  w->Key("geo").BeginObject().Key("databases").BeginArray();
  for (const auto& database : plan.frame->groups->databases()) {
    w->BeginObject().Key("file").String(database.path).Key("type").String(database.type);
    w->Key("built_at").String(Rfc3339(database.built)).EndObject();
  }
  w->EndArray().Key("groups").Uint(plan.frame->groups->groups().size()).EndObject();
}

}  // namespace

bool AdminHandler::Authorised(const Request& request) const {
  absl::string_view header = request.Header("Authorization").value_or("");
  if (!absl::StartsWithIgnoreCase(header, "bearer ")) return false;
  return !backend_.token.empty() &&
         EqualConstantTime(absl::StripAsciiWhitespace(header.substr(7)), backend_.token);
}

void AdminHandler::Handle(const Request& request, Response& response) {
  const absl::string_view path = request.path();
  if (path == "/healthz") {
    if (backend_.plans->generation() > 0) return response.Status(200).Body("text/plain", "ok\n");
    return response.Status(503).Body("text/plain", "no plan yet\n");
  }
  if (path == "/v1/samples") {
    if (request.method() == Method::kPost) return Samples(request, response);
    response.Status(405).Header("Allow", "POST").Body(kJson, R"({"error":"want POST"})", "\n");
    return;
  }
  if (!Authorised(request)) {
    response.Status(401)
        .Header("WWW-Authenticate", "Bearer")
        .Body(kJson, R"({"error":"want 'Authorization: Bearer TOKEN' with the admin token"})",
              "\n");
    return;
  }
  const bool is_post = path == "/v1/drain" || path == "/v1/undrain" || path == "/v1/reload";
  const bool is_get = path == "/metrics" || path == "/v1/status" || path == "/v1/explain";
  if (!is_post && !is_get) return SendError(response, 404, absl::StrCat("no such path: ", path));
  const bool method_fits =
      is_post ? request.method() == Method::kPost
              : request.method() == Method::kGet || request.method() == Method::kHead;
  if (!method_fits) {
    response.Status(405)
        .Header("Allow", is_post ? "POST" : "GET, HEAD")
        .Body(kJson, is_post ? R"({"error":"want POST"})" : R"({"error":"want GET"})", "\n");
    return;
  }
  if (path == "/metrics") return Metrics(response);
  if (path == "/v1/status") return Status(response);
  if (path == "/v1/explain") return Explain(request, response);
  if (path == "/v1/drain") return Drain(request, response);
  if (path == "/v1/undrain") return Undrain(request, response);
  Reload(response);
}

void AdminHandler::Metrics(Response& response) const {
  MetricsWriter out;
  const absl::Time now = backend_.clock->Now();
  if (auto plan = backend_.plans->Current())
    WritePlanMetrics(*plan, backend_.plan_loop->stats(), now, &out);
  backend_.feeds->WriteMetrics(now, &out);
  for (const auto& write : backend_.metrics) write(&out);
  response.Status(200).Body("text/plain; version=0.0.4; charset=utf-8", out.text());
}

void AdminHandler::Status(Response& response) const {
  const absl::Time now = backend_.clock->Now();
  std::shared_ptr<const Plan> plan = backend_.plans->Current();
  if (plan == nullptr) return SendError(response, 503, "no plan yet");
  JsonWriter w;
  w.BeginObject().Key("version").String(backend_.program_version).Key("now").String(Rfc3339(now));
  w.Key("uptime_s").Double(absl::ToDoubleSeconds(now - backend_.started_at));
  WritePolicyKeys(backend_, &w);
  WriteGeoKeys(*plan, &w);
  w.Key("plan");
  WritePlanSummary(*plan, now, &w);
  w.Key("fronts").BeginObject();
  WriteStrings("dns", backend_.dns_endpoints, &w);
  WriteStrings("http", backend_.http_endpoints, &w);
  w.EndObject();
  WriteSignaturesKey(backend_, &w);
  w.Key("targets");
  WriteTargets(*plan, now, &w);
  w.Key("services");
  WriteServices(*plan, &w);
  w.Key("limits");
  WriteLimits(*plan, &w);
  w.Key("n_minus_one");
  backend_.plan_loop->loss_alarm().WriteJson(now, &w);
  w.EndObject();
  response.Status(200).Body(kJson, w.text(), "\n");
}

void AdminHandler::Explain(const Request& request, Response& response) const {
  std::shared_ptr<const Plan> plan = backend_.plans->Current();
  if (plan == nullptr) return SendError(response, 503, "no plan yet");
  std::optional<ClientQuestion> client = ParseClient(Param(request, "client").value_or(""));
  if (!client)
    return SendError(response, 400, "client: want an address such as 192.0.2.7 or 192.0.2.0/24");
  std::optional<std::string> name = Param(request, "name"), url = Param(request, "url");
  if (name.has_value() == url.has_value())
    return SendError(response, 400, "want either name=NAME or url=URL");

  std::optional<ServiceId> service;
  std::string path_and_query;
  if (name) {
    absl::string_view plain = absl::StripSuffix(*name, ".");
    service = plan->frame->services->FindByName(absl::AsciiStrToLower(plain));
    if (!service) return SendError(response, 404, absl::StrCat("no service has the name ", plain));
  } else {
    std::optional<UrlParts> parts = SplitUrl(*url);
    if (!parts) return SendError(response, 400, "url: want http://host/path or https://host/path");
    service = plan->frame->services->FindByUrl(parts->host, parts->path);
    if (!service)
      return SendError(
          response, 404,
          absl::StrCat("no service has the URL ", *url, "; host and path must both match"));
    path_and_query = parts->path_and_query;
  }
  const Explanation e = spillway::Explain(*plan, *service, client->address, client->bits);
  std::string location;
  if (url) location = Location(plan->policy().target(e.decision.target), path_and_query);
  response.Status(200).Body(kJson, ExplainJson(*plan, e, location, backend_.clock->Now()), "\n");
}

void AdminHandler::Drain(const Request& request, Response& response) const {
  absl::StatusOr<DrainRequest> drain = ParseDrainRequest(request.body(), /*need_why=*/true);
  if (!drain.ok()) return SendStatus(response, drain.status());
  std::shared_ptr<const Plan> plan = backend_.plans->Current();
  if (plan == nullptr) return SendError(response, 503, "no plan yet");
  std::optional<TargetId> target = plan->policy().FindTarget(drain->target);
  if (!target) return SendError(response, 404, UnknownTarget(plan->policy(), drain->target));
  const absl::Time now = backend_.clock->Now();
  if (!drain->force) {
    const Facts facts = backend_.feeds->Snapshot(plan->policy(), now);
    if (absl::Status limit = CheckDrainLimit(plan->policy(), facts, *target); !limit.ok())
      return SendStatus(response, limit);
  }
  const absl::Time until = drain->duration ? now + *drain->duration : absl::InfiniteFuture();
  absl::Status status = backend_.feeds->SetDrain(
      drain->target,
      spillway::Drain{.who = drain->who, .why = drain->why, .since = now, .until = until});
  if (!status.ok()) return SendStatus(response, status);
  LogInfo("drain: %s by %s: %s%s", drain->target, drain->who, drain->why,
          drain->force ? " (forced)" : "");
  JsonWriter w;
  w.BeginObject().Key("target").String(drain->target).Key("until");
  drain->duration ? w.String(Rfc3339(until)) : w.Null();
  w.EndObject();
  response.Status(200).Body(kJson, w.text(), "\n");
}

void AdminHandler::Undrain(const Request& request, Response& response) const {
  absl::StatusOr<DrainRequest> undrain = ParseDrainRequest(request.body(), /*need_why=*/false);
  if (!undrain.ok()) return SendStatus(response, undrain.status());
  absl::Status status = backend_.feeds->ClearDrain(undrain->target);
  if (!status.ok()) return SendStatus(response, status);
  LogInfo("undrain: %s by %s: %s", undrain->target, undrain->who, undrain->why);
  JsonWriter w;
  w.BeginObject().Key("target").String(undrain->target).EndObject();
  response.Status(200).Body(kJson, w.text(), "\n");
}

void AdminHandler::Reload(Response& response) const {
  const ReloadReport report = backend_.reload();
  JsonWriter w;
  w.BeginObject();
  if (!report.ok)
    w.Key("error").String(absl::StrCat("not loaded; version ", report.version, " keeps serving"));
  w.Key("version").String(report.version);
  WriteStrings(report.ok ? "warnings" : "diagnostics", report.diagnostics, &w);
  w.EndObject();
  response.Status(report.ok ? 200 : 422).Body(kJson, w.text(), "\n");
}

void AdminHandler::Samples(const Request& request, Response& response) const {
  PushFeed::Reply reply =
      backend_.push->Post(request.Header("Authorization").value_or(""), request.body());
  response.Status(reply.status).Body(kJson, reply.body);
}

}  // namespace spillway::http
