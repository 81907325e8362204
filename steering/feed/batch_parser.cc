#include "steering/feed/batch_parser.h"

#include <simdjson.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "base/suggest.h"
#include "base/units.h"
#include "steering/feed/json_error.h"

namespace spillway {
namespace {

namespace dom = simdjson::dom;

template <size_t N>
using Keys = std::array<absl::string_view, N>;
constexpr Keys<2> kBatchKeys = {"source", "samples"};
constexpr Keys<6> kRowKeys = {"target", "measured_at", "sequence", "ttl", "health", "resources"};
constexpr Keys<4> kResourceKeys = {"current", "soft", "hard", "unit"};

// Sums over a fleet stay exact enough in a double, and no real quantity comes near: 10^15 bps is 1
// Pbps.
constexpr double kNumberMax = 1e15;
constexpr absl::string_view kBitrateUnits = "bps, kbps, Mbps, Gbps or Tbps";

// What came, as a person would recognise it in the file.
std::string Got(const dom::element& value) {
  switch (value.type()) {
    case dom::element_type::ARRAY:
      return "an array";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::NULL_VALUE:
      return "null";
    case dom::element_type::BOOL:
      return value.get_bool().value_unsafe() ? "true" : "false";
    case dom::element_type::INT64:
      return absl::StrCat(value.get_int64().value_unsafe());
    case dom::element_type::UINT64:
      return absl::StrCat(value.get_uint64().value_unsafe());
    case dom::element_type::DOUBLE:
      return absl::StrCat(value.get_double().value_unsafe());
    case dom::element_type::STRING:
      break;
  }
  constexpr size_t kShown = 40;
  absl::string_view text = FromStd(value.get_string().value_unsafe());
  return absl::StrCat("\"", text.substr(0, kShown), text.size() > kShown ? "..." : "", "\"");
}

std::optional<absl::string_view> AsString(const dom::element& value) {
  if (!value.is_string()) return std::nullopt;
  return FromStd(value.get_string().value_unsafe());
}

template <size_t N>
std::string DidYouMean(absl::string_view word, const Keys<N>& keys) {
  std::string near = Suggest(word, std::vector<std::string>(keys.begin(), keys.end()));
  return near.empty() ? absl::StrCat("; want one of ", absl::StrJoin(keys, ", "))
                      : absl::StrCat("; did you mean \"", near, "\"?");
}

struct KeyFault {
  bool repeated = false;
  std::string message;
};

// Fills `out` by key (null = absent). simdjson keeps repeated keys, so they are counted here.
template <size_t N>
std::optional<KeyFault> TakeKeys(const dom::object& object, absl::string_view where,
                                 const Keys<N>& keys,
                                 std::array<std::optional<dom::element>, N>* out) {
  for (const auto& field : object) {
    absl::string_view key = FromStd(field.key);
    size_t i = 0;
    while (i < N && keys[i] != key) ++i;
    if (i == N) {
      return KeyFault{false, absl::StrCat(where, "unknown key \"", key.substr(0, 64), "\"",
                                          DidYouMean(key, keys))};
    }
    if ((*out)[i]) return KeyFault{true, absl::StrCat(where, "key \"", key, "\" is given twice")};
    (*out)[i] = field.value;
  }
  return std::nullopt;
}

// Reads one row. Every method returns false after having written the first fault into `error`.
class RowParser {
 public:
  RowParser(Sample* sample, RowError* error) : sample_(*sample), error_(*error) {}

  bool Parse(const dom::element& row) {
    dom::object object;
    if (row.get_object().get(object)) {
      return Fail(RowErrorCode::kNotObject, "want an object, got ", Got(row));
    }
    // For the report, even when something before it is wrong.
    if (dom::element target; !object["target"].get(target)) {
      error_.target = std::string(AsString(target).value_or("").substr(0, kTargetNameSizeMax));
    }
    std::array<std::optional<dom::element>, kRowKeys.size()> fields;
    if (!Take(object, "", kRowKeys, &fields)) return false;
    for (size_t i : {0, 1, 2}) {
      if (!fields[i])
        return Fail(RowErrorCode::kMissingKey, "want \"", kRowKeys[i], "\", got none");
    }
    bool sound = Target(*fields[0]) && MeasuredAt(*fields[1]) && Sequence(*fields[2]) &&
                 (!fields[3] || Ttl(*fields[3])) && (!fields[4] || ReportedHealth(*fields[4])) &&
                 (!fields[5] || Resources(*fields[5]));
    if (!sound) return false;
    bool silent = sample_.health == Health::kUnknown && sample_.current.empty() &&
                  sample_.soft.empty() && sample_.hard.empty();
    return !silent || Fail(RowErrorCode::kEmpty, "want \"health\" or \"resources\", got neither");
  }

 private:
  template <typename... Args>
  bool Fail(RowErrorCode code, const Args&... args) {
    error_.code = code;
    error_.message = absl::StrCat(args...);
    return false;
  }

  template <size_t N>
  bool Take(const dom::object& object, absl::string_view where, const Keys<N>& keys,
            std::array<std::optional<dom::element>, N>* out) {
    std::optional<KeyFault> fault = TakeKeys(object, where, keys, out);
    if (!fault) return true;
    return Fail(fault->repeated ? RowErrorCode::kDuplicateKey : RowErrorCode::kUnknownKey,
                fault->message);
  }

  bool Target(const dom::element& value) {
    std::optional<absl::string_view> name = AsString(value);
    if (!name) return Fail(RowErrorCode::kWrongType, "target: want a string, got ", Got(value));
    if (name->empty() || name->size() > kTargetNameSizeMax) {
      return Fail(RowErrorCode::kBadTarget, "target: want 1 to ", kTargetNameSizeMax,
                  " bytes, got ", name->size());
    }
    sample_.target = std::string(*name);
    return true;
  }

  bool MeasuredAt(const dom::element& value) {
    constexpr absl::string_view kWant =
        "measured_at: want RFC 3339 such as \"2026-12-25T18:00:00.5Z\" or seconds since 1970, got ";
    // 2001-09-09 to 2286-11-20: the ten-digit seconds. Milliseconds and zero fall outside.
    constexpr double kSecondsMin = 1e9, kSecondsMax = 1e10;
    absl::Time at;
    if (std::optional<absl::string_view> text = AsString(value)) {
      std::string ignored;
      bool plain = !text->empty() && absl::ascii_isdigit(text->front()) &&
                   !absl::ascii_isspace(text->back());
      if (!plain || !absl::ParseTime(absl::RFC3339_full, *text, &at, &ignored)) {
        return Fail(RowErrorCode::kBadTime, kWant, Got(value));
      }
    } else if (double seconds = 0; !value.get_double().get(seconds)) {
      if (seconds >= 1e12 && seconds < 1e13) {
        return Fail(RowErrorCode::kBadTime, kWant, Got(value), ", which looks like milliseconds");
      }
      if (!(seconds >= kSecondsMin && seconds < kSecondsMax))
        return Fail(RowErrorCode::kBadTime, kWant, Got(value));
      at = absl::UnixEpoch() + absl::Seconds(seconds);
    } else {
      return Fail(RowErrorCode::kWrongType, kWant, Got(value));
    }
    double seconds = absl::ToDoubleSeconds(at - absl::UnixEpoch());
    if (!(seconds >= kSecondsMin && seconds < kSecondsMax))
      return Fail(RowErrorCode::kBadTime, kWant, Got(value));
    sample_.measured_at = at;
    return true;
  }

  bool Sequence(const dom::element& value) {
    uint64_t sequence = 0;
    if (value.is_number() && !value.get_uint64().get(sequence)) {
      sample_.sequence = sequence;
      return true;
    }
    RowErrorCode code = value.is_number() ? RowErrorCode::kBadSequence : RowErrorCode::kWrongType;
    return Fail(code, "sequence: want a whole number from 0, got ", Got(value));
  }

  bool Ttl(const dom::element& value) {
    std::optional<absl::string_view> text = AsString(value);
    std::optional<absl::Duration> ttl = text ? ParseDurationText(*text) : std::nullopt;
    if (!ttl) {
      RowErrorCode code = text ? RowErrorCode::kBadTtl : RowErrorCode::kWrongType;
      return Fail(code, "ttl: want a duration such as \"10s\", got ", Got(value));
    }
    if (*ttl < kTtlMin || *ttl > kTtlMax) {
      return Fail(RowErrorCode::kBadTtl, "ttl: want ", absl::FormatDuration(kTtlMin), " to ",
                  absl::FormatDuration(kTtlMax), ", got ", Got(value));
    }
    sample_.ttl = *ttl;
    return true;
  }

  bool ReportedHealth(const dom::element& value) {
    std::optional<absl::string_view> text = AsString(value);
    if (text == HealthName(Health::kUp)) {
      sample_.health = Health::kUp;
    } else if (text == HealthName(Health::kDown)) {
      sample_.health = Health::kDown;
    } else {
      RowErrorCode code = text ? RowErrorCode::kBadHealth : RowErrorCode::kWrongType;
      return Fail(code, "health: want \"up\" or \"down\", got ", Got(value));
    }
    return true;
  }

  bool Resources(const dom::element& value) {
    dom::object object;
    if (value.get_object().get(object)) {
      return Fail(RowErrorCode::kWrongType, "resources: want an object, got ", Got(value));
    }
    Keys<kResourceCount> names;
    for (Resource r : kResources) names[static_cast<size_t>(r)] = ResourceName(r);
    std::array<std::optional<dom::element>, kResourceCount> fields;
    if (!Take(object, "resources: ", names, &fields)) return false;
    for (Resource r : kResources) {
      const std::optional<dom::element>& field = fields[static_cast<size_t>(r)];
      if (field && !OneResource(r, *field)) return false;
    }
    return true;
  }

  bool OneResource(Resource r, const dom::element& value) {
    std::string where = absl::StrCat("resources.", ResourceName(r));
    dom::object object;
    if (value.get_object().get(object)) {
      return Fail(RowErrorCode::kWrongType, where, ": want an object, got ", Got(value));
    }
    std::array<std::optional<dom::element>, kResourceKeys.size()> fields;
    if (!Take(object, absl::StrCat(where, ": "), kResourceKeys, &fields)) return false;
    double factor = 1;
    if (!Unit(r, where, fields[3], &factor)) return false;
    ResourceVector* vectors[] = {&sample_.current, &sample_.soft, &sample_.hard};
    for (size_t i = 0; i < 3; ++i) {
      if (fields[i] &&
          !Number(r, absl::StrCat(where, ".", kResourceKeys[i]), *fields[i], factor, vectors[i])) {
        return false;
      }
    }
    if (!fields[0] && !fields[1] && !fields[2]) {
      return Fail(RowErrorCode::kEmpty, where, ": want current, soft or hard, got none");
    }
    if (fields[1] && fields[2] && sample_.soft[r] > sample_.hard[r]) {
      return Fail(RowErrorCode::kSoftAboveHard, where, ".soft: want at most hard (",
                  Got(*fields[2]), "), got ", Got(*fields[1]));
    }
    return true;
  }

  // Bitrates must say their unit: a factor of 1000 between two teams is how clusters die.
  bool Unit(Resource r, absl::string_view where, const std::optional<dom::element>& field,
            double* factor) {
    bool bitrate = r == Resource::kEgress;
    if (!field) {
      return !bitrate ||
             Fail(RowErrorCode::kBadUnit, where, ".unit: want ", kBitrateUnits, ", got none");
    }
    std::optional<absl::string_view> text = AsString(*field);
    if (!text)
      return Fail(RowErrorCode::kWrongType, where, ".unit: want a string, got ", Got(*field));
    if (bitrate) {
      std::optional<double> mbps;
      if (absl::StripAsciiWhitespace(*text) == *text)
        mbps = ParseBitrateMbps(absl::StrCat("1 ", *text));
      if (!mbps)
        return Fail(RowErrorCode::kBadUnit, where, ".unit: want ", kBitrateUnits, ", got ",
                    Got(*field));
      *factor = *mbps;
      return true;
    }
    if (r == Resource::kSessions) {
      return Fail(RowErrorCode::kBadUnit, where, ".unit: want none (a count), got ", Got(*field));
    }
    return *text == "/s" ||
           Fail(RowErrorCode::kBadUnit, where, ".unit: want \"/s\" or none, got ", Got(*field));
  }

  bool Number(Resource r, const std::string& where, const dom::element& field, double factor,
              ResourceVector* out) {
    double number = 0;
    if (!field.is_number() || field.get_double().get(number)) {
      return Fail(RowErrorCode::kWrongType, where, ": want a number, got ", Got(field));
    }
    if (!(number >= 0 && number <= kNumberMax)) {
      return Fail(RowErrorCode::kBadNumber, where, ": want 0 to ", kNumberMax, ", got ",
                  Got(field));
    }
    out->Set(r, number * factor);
    return true;
  }

  Sample& sample_;
  RowError& error_;
};

ParsedBatch Refuse(BatchError error, std::string message) {
  ParsedBatch parsed;
  parsed.error = error;
  parsed.message = std::move(message);
  return parsed;
}

ParsedBatch RefuseBroken(absl::string_view json, simdjson::error_code code) {
  BatchError error = code == simdjson::DEPTH_ERROR ? BatchError::kTooDeep : BatchError::kBadJson;
  std::optional<JsonErrorSpot> spot = FindJsonError(json, kBatchDepthMax);
  if (!spot) return Refuse(error, absl::StrCat("broken JSON: ", simdjson::error_message(code)));
  return Refuse(error, absl::StrCat(spot->line, ":", spot->column, ": ", spot->what));
}

ParsedBatch ParseEnvelope(const dom::element& root) {
  dom::object object;
  if (root.get_object().get(object)) {
    return Refuse(BatchError::kWrongShape,
                  absl::StrCat("want an object with \"samples\", got ", Got(root)));
  }
  std::array<std::optional<dom::element>, kBatchKeys.size()> fields;
  if (std::optional<KeyFault> fault = TakeKeys(object, "", kBatchKeys, &fields)) {
    return Refuse(fault->repeated ? BatchError::kDuplicateKey : BatchError::kUnknownKey,
                  std::move(fault->message));
  }
  ParsedBatch parsed;
  if (fields[0]) {
    std::optional<absl::string_view> source = AsString(*fields[0]);
    if (!source || !IsSourceName(*source)) {
      return Refuse(BatchError::kBadSource,
                    absl::StrCat("source: want 1 to ", kSourceNameSizeMax,
                                 " letters, digits or any of . _ : -, got ", Got(*fields[0])));
    }
    parsed.batch.source = std::string(*source);
  }
  dom::array rows;
  if (!fields[1] || fields[1]->get_array().get(rows)) {
    return Refuse(BatchError::kWrongShape, absl::StrCat("samples: want an array, got ",
                                                        fields[1] ? Got(*fields[1]) : "none"));
  }
  uint32_t index = 0;
  for (const dom::element& row : rows) {
    if (index == kBatchRowsMax) {
      return Refuse(BatchError::kTooManyRows,
                    absl::StrCat("samples: want at most ", kBatchRowsMax, " rows"));
    }
    Sample sample;
    RowError error;
    sample.row = error.row = index++;
    if (RowParser(&sample, &error).Parse(row)) {
      parsed.batch.samples.push_back(std::move(sample));
    } else {
      parsed.batch.refused.push_back(std::move(error));
    }
  }
  return parsed;
}

}  // namespace

ParsedBatch ParseSampleBatch(absl::string_view json) {
  if (json.size() > kBatchSizeMax) {
    return Refuse(BatchError::kTooLarge,
                  absl::StrCat("want at most ", kBatchSizeMax, " bytes, got ", json.size()));
  }
  if (json.empty()) return RefuseBroken(json, simdjson::EMPTY);  // simdjson would copy from null
  dom::parser parser;
  if (simdjson::error_code code = parser.allocate(json.size() + 1, kBatchDepthMax))
    return RefuseBroken(json, code);
  dom::element root;
  if (simdjson::error_code code = parser.parse(json.data(), json.size(), true).get(root)) {
    return RefuseBroken(json, code);
  }
  return ParseEnvelope(root);
}

}  // namespace spillway
