#include "base/metrics.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace spillway {
namespace {

// HELP texts escape backslash and line feed, label values the quote too.
void AppendEscaped(absl::string_view value, bool quotes, std::string* out) {
  for (char c : value) {
    if (c == '\\' || (quotes && c == '"')) {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else {
      out->push_back(c);
    }
  }
}

}  // namespace

void MetricsWriter::Family(absl::string_view name, absl::string_view type, absl::string_view help) {
  DCHECK(type != "counter" || absl::EndsWith(name, "_total"));
  name_ = std::string(name);
  absl::StrAppend(&text_, "# HELP ", name, " ");
  AppendEscaped(help, /*quotes=*/false, &text_);
  absl::StrAppend(&text_, "\n# TYPE ", name, " ", type, "\n");
}

void MetricsWriter::Sample(absl::string_view suffix, Labels labels, double value) {
  absl::StrAppend(&text_, name_, suffix);
  char open = '{';
  for (const auto& [key, label] : labels) {
    text_.push_back(open);
    absl::StrAppend(&text_, key, "=\"");
    AppendEscaped(label, /*quotes=*/true, &text_);
    text_.push_back('"');
    open = ',';
  }
  if (open == ',') text_.push_back('}');
  if (std::isnan(value)) {
    text_.append(" NaN\n");
  } else if (std::isinf(value)) {
    text_.append(value > 0 ? " +Inf\n" : " -Inf\n");
  } else {
    absl::StrAppendFormat(&text_, " %.15g\n", value);
  }
}

}  // namespace spillway
