// apps/cli/answer.h -- what the server said, read with suspicion: the first misfit names its field.
//
//   Answer::Parse ──► root() ──["targets"]──► Items() ──[i]──["name"]──► Text()
//                        └── the first misfit is kept: "targets[3].name: want text, got a number"
//
// why: whatever listens at --admin may not be spillwayd. A reader asks for what it expects and
//      looks once, at the end, at status(); until then misfits read as empty values. Control
//      characters in text are escaped, so that no answer can drive the operator's terminal.
// thread safety: none. A Field lives as long as its Answer.
#ifndef SPILLWAY_APPS_CLI_ANSWER_H_
#define SPILLWAY_APPS_CLI_ANSWER_H_

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spillway::cli {

class Answer;

// A place in the answer, present or not.
class Field {
 public:
  Field operator[](
      absl::string_view key) const;  // absent when this is no object or has no such key
  bool empty() const { return kind_ != Kind::kPresent; }  // absent or null
  bool is_text() const { return !empty() && element_.is_string(); }

  // Required: noted as a misfit when absent, null or of another type; then "", 0, false, no items.
  std::string Text() const;
  double Number() const;
  int64_t Count() const;  // a whole number from 0 to 2^53
  bool Bool() const;
  std::vector<Field> Items() const;
  std::vector<std::pair<std::string, Field>> Members() const;

  // Optional: absent and null are nothing; another type is noted.
  std::string TextOr(absl::string_view fallback) const;
  std::optional<double> MaybeNumber() const;
  std::optional<int64_t> MaybeCount() const;
  bool BoolOr(bool fallback) const;
  std::vector<Field> MaybeItems() const;
  std::vector<std::pair<std::string, Field>> MaybeMembers() const;
  // RFC 3339 text or seconds since 1970.
  std::optional<absl::Time> MaybeTime() const;

 private:
  friend class Answer;
  enum class Kind : uint8_t { kAbsent, kNull, kPresent };
  Field(Answer* answer, std::string path) : answer_(answer), path_(std::move(path)) {}
  Field(Answer* answer, std::string path, simdjson::dom::element element);
  void Misfit(absl::string_view want) const;

  Answer* answer_;
  std::string path_;
  Kind kind_ = Kind::kAbsent;
  simdjson::dom::element element_;
};

class Answer {
 public:
  // Fails when `text` is not one JSON object.
  static absl::StatusOr<std::unique_ptr<Answer>> Parse(absl::string_view text);
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  Field root() { return Field(this, "", root_); }
  // The first misfit, or OK.
  const absl::Status& status() const { return status_; }

 private:
  friend class Field;
  Answer() = default;

  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  absl::Status status_;
};

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_ANSWER_H_
