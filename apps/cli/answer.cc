#include "apps/cli/answer.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "apps/cli/format.h"
#include "base/strings.h"

namespace spillway::cli {
namespace {

absl::string_view TypeName(simdjson::dom::element_type type) {
  switch (type) {
    case simdjson::dom::element_type::ARRAY:
      return "a list";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::STRING:
      return "text";
    case simdjson::dom::element_type::BOOL:
      return "true or false";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace

Field::Field(Answer* answer, std::string path, simdjson::dom::element element)
    : answer_(answer),
      path_(std::move(path)),
      kind_(element.is_null() ? Kind::kNull : Kind::kPresent),
      element_(element) {}

void Field::Misfit(absl::string_view want) const {
  if (!answer_->status_.ok()) return;
  absl::string_view got = kind_ == Kind::kPresent ? TypeName(element_.type())
                          : kind_ == Kind::kNull  ? "null"
                                                  : "nothing";
  answer_->status_ = absl::InvalidArgumentError(
      absl::StrCat(path_.empty() ? "the answer" : path_, ": want ", want, ", got ", got));
}

Field Field::operator[](absl::string_view key) const {
  std::string path = path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
  simdjson::dom::object object;
  simdjson::dom::element element;
  if (kind_ != Kind::kPresent) return Field(answer_, std::move(path));
  if (element_.get(object) != simdjson::SUCCESS) {
    Misfit("an object");
    return Field(answer_, std::move(path));
  }
  if (object.at_key(ToStd(key)).get(element) != simdjson::SUCCESS) {
    return Field(answer_, std::move(path));
  }
  return Field(answer_, std::move(path), element);
}

std::string Field::Text() const {
  std::string_view text;
  if (empty() || element_.get(text) != simdjson::SUCCESS) {
    Misfit("text");
    return "";
  }
  return Printable(FromStd(text));
}

std::string Field::TextOr(absl::string_view fallback) const {
  return empty() ? std::string(fallback) : Text();
}

double Field::Number() const {
  double number = 0;
  if (empty() || element_.get(number) != simdjson::SUCCESS) {
    Misfit("a number");
    return 0;
  }
  return number;
}

std::optional<double> Field::MaybeNumber() const {
  if (empty()) return std::nullopt;
  return Number();
}

int64_t Field::Count() const {
  constexpr double kWholeMax = 9007199254740992;  // 2^53: above it doubles skip whole numbers
  double number = -1;
  bool fits = !empty() && element_.get(number) == simdjson::SUCCESS && number >= 0 &&
              number <= kWholeMax && number == std::floor(number);
  if (!fits) Misfit("a whole number");
  return fits ? static_cast<int64_t>(number) : 0;
}

std::optional<int64_t> Field::MaybeCount() const {
  if (empty()) return std::nullopt;
  return Count();
}

bool Field::Bool() const {
  bool value = false;
  if (empty() || element_.get(value) != simdjson::SUCCESS) Misfit("true or false");
  return value;
}

bool Field::BoolOr(bool fallback) const { return empty() ? fallback : Bool(); }

std::vector<Field> Field::Items() const {
  std::vector<Field> items;
  simdjson::dom::array array;
  if (empty() || element_.get(array) != simdjson::SUCCESS) {
    Misfit("a list");
    return items;
  }
  for (simdjson::dom::element item : array) {
    items.push_back(Field(answer_, absl::StrCat(path_, "[", items.size(), "]"), item));
  }
  return items;
}

std::vector<Field> Field::MaybeItems() const { return empty() ? std::vector<Field>() : Items(); }

std::vector<std::pair<std::string, Field>> Field::Members() const {
  std::vector<std::pair<std::string, Field>> members;
  simdjson::dom::object object;
  if (empty() || element_.get(object) != simdjson::SUCCESS) {
    Misfit("an object");
    return members;
  }
  for (simdjson::dom::key_value_pair pair : object) {
    std::string key = Printable(FromStd(pair.key));
    std::string path = absl::StrCat(path_, ".", key);
    members.emplace_back(std::move(key), Field(answer_, std::move(path), pair.value));
  }
  return members;
}

std::vector<std::pair<std::string, Field>> Field::MaybeMembers() const {
  return empty() ? std::vector<std::pair<std::string, Field>>() : Members();
}

std::optional<absl::Time> Field::MaybeTime() const {
  if (empty()) return std::nullopt;
  double seconds = 0;
  std::string_view text;
  constexpr double kSecondsMax = 2.5e11;  // the year 9892: formats, and converts without overflow
  if (element_.get(seconds) == simdjson::SUCCESS && std::abs(seconds) < kSecondsMax) {
    return absl::UnixEpoch() + absl::Seconds(seconds);
  }
  absl::Time time;
  if (element_.get(text) == simdjson::SUCCESS &&
      absl::ParseTime(absl::RFC3339_full, FromStd(text), &time, nullptr)) {
    return time;
  }
  Misfit("a time such as 2026-11-22T18:00:00Z");
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<Answer>> Answer::Parse(absl::string_view text) {
  std::unique_ptr<Answer> answer(new Answer);
  simdjson::error_code error = answer->parser_.parse(text.data(), text.size()).get(answer->root_);
  if (error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(absl::StrCat("want JSON, got ", text.size(),
                                                   " bytes that begin with \"",
                                                   Printable(text.substr(0, 40)), "\""));
  }
  if (!answer->root_.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("want a JSON object, got ", TypeName(answer->root_.type())));
  }
  return answer;
}

}  // namespace spillway::cli
