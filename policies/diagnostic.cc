#include "policies/diagnostic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spillway {

std::string Diagnostic::ToString(absl::string_view directory) const {
  std::string where(directory);
  if (!file.empty()) absl::StrAppend(&where, where.empty() || where.back() == '/' ? "" : "/", file);
  if (line > 0) absl::StrAppend(&where, ":", line, ":", column);
  return absl::StrCat(where, where.empty() ? "" : ": ",
                      severity == Severity::kError ? "error: " : "warning: ", message);
}

namespace policies {

std::string Complaint::ToString() const {
  std::string text = what;
  if (!want.empty()) absl::StrAppend(&text, "; want ", want);
  if (!got.empty()) absl::StrAppend(&text, want.empty() ? "; got " : ", got ", got);
  if (!meant.empty()) absl::StrAppend(&text, "; did you mean ", Quoted(meant), "?");
  return text;
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kShownMax = 80;  // a line of a terminal, less the place and the path
  size_t end = text.size();
  if (end > kShownMax) {
    end = kShownMax - 3;
    while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;  // whole characters
  }
  std::string quoted = "\"";
  for (char c : text.substr(0, end)) {
    if (absl::ascii_iscntrl(c)) {
      absl::StrAppendFormat(&quoted, "\\x%02x", static_cast<uint8_t>(c));
    } else {
      quoted += c;
    }
  }
  return absl::StrCat(quoted, end < text.size() ? "...\"" : "\"");
}

void Diagnostics::Add(Severity severity, Place place, const Complaint& complaint) {
  bool error = severity == Severity::kError;
  size_t before = error ? errors_++ : warnings_++;
  if (before < (error ? kErrorsMax : kWarningsMax)) {
    found_.push_back({place, severity, complaint.ToString()});
  }
}

std::string Diagnostics::Describe(Place place) const {
  if (place.file < 0) return "";
  std::string text = files_[static_cast<size_t>(place.file)];
  if (place.line > 0) absl::StrAppend(&text, ":", place.line, ":", place.column);
  return text;
}

std::vector<Diagnostic> Diagnostics::Take() {
  std::sort(found_.begin(), found_.end());
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  std::vector<Diagnostic> out;
  for (Found& f : found_) {
    std::string file = f.place.file < 0 ? "" : files_[static_cast<size_t>(f.place.file)];
    out.push_back(
        {std::move(file), f.place.line, f.place.column, f.severity, std::move(f.message)});
  }
  auto count = [&out](Severity severity, size_t all, size_t max, absl::string_view noun) {
    if (all <= max) return;
    std::string text =
        absl::StrCat(all - max, " more ", noun, " not shown; put these right and check again");
    out.push_back({"", 0, 0, severity, std::move(text)});
  };
  count(Severity::kError, errors_, kErrorsMax, "errors");
  count(Severity::kWarning, warnings_, kWarningsMax, "warnings");
  found_.clear();
  errors_ = warnings_ = 0;
  return out;
}

}  // namespace policies
}  // namespace spillway
