// tests/fuzz/http_head_fuzz.cc -- a head means the same however reads cut it; views stay inside.
//
// The first octet says where the stream is cut in two; the rest is the stream.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/strings/string_view.h"
#include "http/server/head.h"
#include "http/server/head_error.h"

namespace {

using spillway::http::HeaderField;
using spillway::http::HeadError;
using spillway::http::RequestHead;

void Require(bool condition) {
  if (!condition) std::abort();
}

bool Inside(absl::string_view part, absl::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void CheckViews(const RequestHead& head, absl::string_view bytes) {
  Require(head.size <= bytes.size() && head.size <= spillway::http::kHeadSizeMax);
  absl::string_view whole = bytes.substr(0, head.size);
  Require(Inside(head.target, whole) && Inside(head.method_name, whole));
  Require(Inside(head.path_and_query, head.target) && Inside(head.query, head.target));
  Require(Inside(head.path, head.target) || head.path == "/");
  Require(head.host.size() <= spillway::http::kHostSizeMax);
  Require(!head.host.empty() || head.minor_version == 0);
  for (char c : head.target) Require(c > 0x20 && c < 0x7f);
  for (char c : head.host)
    Require(c > 0x20 && c < 0x7f && !(c >= 'A' && c <= 'Z') && c != '/' && c != '@');
  for (const HeaderField& field : head.headers()) {
    Require(Inside(field.name, whole) && Inside(field.value, whole) && !field.name.empty());
    Require(field.value.find('\r') == absl::string_view::npos &&
            field.value.find('\n') == absl::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  absl::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  static RequestHead& whole = *new RequestHead;
  static RequestHead& cut = *new RequestHead;
  HeadError at_once = ParseHead(bytes, 0, &whole);

  // A block of its own, so that ASan sees a look beyond the first read.
  size_t first_size = bytes.size() * data[0] / 256;
  std::vector<char> first(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(first_size));
  HeadError in_two = ParseHead(absl::string_view(first.data(), first.size()), 0, &cut);
  if (in_two == HeadError::kIncomplete) in_two = ParseHead(bytes, first_size, &cut);
  Require(at_once == in_two);

  if (at_once != HeadError::kNone) return 0;
  CheckViews(whole, bytes);
  Require(whole.field_count == cut.field_count || first_size >= whole.size);
  Require(whole.host == cut.host && whole.size == cut.size &&
          whole.content_length == cut.content_length);
  return 0;
}
