// base/json_writer.h -- JSON out, in order, without a document tree.
//
//   w.BeginObject().Key("ttl").Int(30).Key("ids").BeginArray().String("a").EndArray().EndObject();
//
// Strings must be UTF-8 or anything: bytes that are not are written as U+FFFD. NaN and infinities
// become null; other doubles keep ten significant digits, so moments go as Int. Commas and colons
// are the writer's business; nesting is checked in debug builds.
#ifndef SPILLWAY_BASE_JSON_WRITER_H_
#define SPILLWAY_BASE_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace spillway {

class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(absl::string_view key);
  JsonWriter& String(absl::string_view value);
  JsonWriter& Int(int64_t value);
  JsonWriter& Uint(uint64_t value);
  JsonWriter& Double(double value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();

  const std::string& text() const { return text_; }
  // Starts anew and keeps the memory, so that a writer used again and again stops allocating.
  void Clear() {
    text_.clear();
    has_items_.clear();
    after_key_ = false;
  }
  std::string Take() { return std::move(text_); }

 private:
  JsonWriter& Open(char c);
  JsonWriter& Close(char c);
  void Separate();
  void Quote(absl::string_view s);

  std::string text_;
  std::vector<bool> has_items_;
  bool after_key_ = false;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_JSON_WRITER_H_
