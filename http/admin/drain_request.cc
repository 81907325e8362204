#include "http/admin/drain_request.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "base/units.h"
#include "simdjson.h"

namespace spillway::http {
namespace {

constexpr size_t kTextSizeMax = 500;  // names and reasons, not essays: they are shown in tables

absl::Status TakeText(absl::string_view key, simdjson::dom::element value, std::string* out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(absl::StrCat(key, ": want a string"));
  }
  if (text.size() > kTextSizeMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, ": want at most ", kTextSizeMax, " bytes, got ", text.size()));
  }
  *out = std::string(text);
  return absl::OkStatus();
}

absl::Status TakeField(absl::string_view key, simdjson::dom::element value, DrainRequest* out) {
  if (key == "target") return TakeText(key, value, &out->target);
  if (key == "who") return TakeText(key, value, &out->who);
  if (key == "why") return TakeText(key, value, &out->why);
  if (key == "force") {
    if (value.get_bool().get(out->force) == simdjson::SUCCESS) return absl::OkStatus();
    return absl::InvalidArgumentError("force: want true or false");
  }
  if (key == "for") {
    std::string text;
    absl::Status status = TakeText(key, value, &text);
    if (!status.ok()) return status;
    out->duration = ParseDurationText(text);
    if (out->duration && *out->duration > absl::ZeroDuration()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("for: want a duration such as 30m or 2h, got \"", text, "\""));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown key \"", key, "\"; want target, who, why, for or force"));
}

}  // namespace

absl::StatusOr<DrainRequest> ParseDrainRequest(absl::string_view json, bool need_why) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(ToStd(json))).get_object().get(object) !=
      simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        R"(want a JSON object such as {"target": "fra1", "who": "ana", "why": "kernel"})");
  }
  DrainRequest request;
  for (auto [key, value] : object) {
    absl::Status status = TakeField(FromStd(key), value, &request);
    if (!status.ok()) return status;
  }
  if (request.target.empty())
    return absl::InvalidArgumentError("target: want the name of a target, got none");
  if (request.who.empty())
    return absl::InvalidArgumentError("who: want who is doing this, got nothing");
  if (need_why && request.why.empty()) {
    return absl::InvalidArgumentError(
        "why: want the reason, got nothing; the next on-call reads it");
  }
  return request;
}

}  // namespace spillway::http
