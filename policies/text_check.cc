#include "policies/text_check.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace spillway::policies {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Bytes of the UTF-8 character at the start of `s`, 0 when it is none (overlong and surrogates
// too).
size_t Utf8Size(absl::string_view s) {
  auto byte = [&s](size_t i) { return i < s.size() ? static_cast<uint8_t>(s[i]) : 0; };
  auto tail = [&byte](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  uint8_t a = byte(0), b = byte(1);
  if (a < 0x80) return 1;
  if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
  if ((a & 0xf0) == 0xe0) {
    bool bad = (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f);
    return !bad && tail(1) && tail(2) ? 3 : 0;
  }
  if (a >= 0xf0 && a <= 0xf4) {
    bool bad = (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f);
    return !bad && tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// What a scalar must not begin with unquoted, and why.
absl::string_view Forbidden(char c) {
  switch (c) {
    case '*':
      return "an unquoted * begins a YAML alias, and aliases make a policy hard to review";
    case '&':
      return "an unquoted & begins a YAML anchor, and anchors make a policy hard to review";
    case '!':
      return "an unquoted ! begins a YAML tag; each field knows its own type";
    case '|':
    case '>':
      return "text over several lines is not used in policies";
    case '%':
    case '@':
    case '`':
      return "YAML reserves this character at the start of a value";
    default:
      return "";
  }
}

class TextChecker {
 public:
  TextChecker(int file, absl::string_view text, Diagnostics* diagnostics)
      : file_(file),
        text_(text),
        diagnostics_(diagnostics),
        errors_before_(diagnostics->errors()) {}

  bool Run() {
    if (!CheckBytes()) return false;
    while (!text_.empty()) {
      ++line_number_;
      size_t end = text_.find('\n');
      line_ = text_.substr(0, end);
      text_.remove_prefix(end == absl::string_view::npos ? text_.size() : end + 1);
      absl::ConsumeSuffix(&line_, "\r");
      CheckLine();
    }
    for (const Open& open : open_) {
      diagnostics_->Error(open.place,
                          {.what = absl::StrFormat("this %c is never closed", open.bracket)});
    }
    return diagnostics_->errors() == errors_before_;
  }

 private:
  struct Open {
    char bracket;
    Place place;
  };

  bool CheckBytes() {
    int line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < text_.size();) {
      size_t size = Utf8Size(text_.substr(i));
      char c = text_[i];
      Place place{file_, line, static_cast<int>(i - line_start) + 1};
      if (size == 0) {
        diagnostics_->Error(place, {.what = "not UTF-8 text",
                                    .got = absl::StrFormat("byte %02x", static_cast<uint8_t>(c))});
        return false;
      }
      bool carriage_return = c == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
      if (size == 1 && absl::ascii_iscntrl(c) && c != '\n' && c != '\t' && !carriage_return) {
        diagnostics_->Error(place, {.what = "control character",
                                    .got = absl::StrFormat("byte %02x", static_cast<uint8_t>(c))});
        return false;
      }
      i += size;
      if (c == '\n') {
        ++line;
        line_start = i;
      }
    }
    return true;
  }

  Place At(size_t column) const { return {file_, line_number_, static_cast<int>(column) + 1}; }
  char Peek(size_t i) const { return i < line_.size() ? line_[i] : '\0'; }  // '\0' = end of line
  bool BlankOrEnd(size_t i) const { return i >= line_.size() || IsBlank(line_[i]); }

  void CheckLine() {
    if (CheckDocumentMark()) return;
    tab_reported_ = false;
    size_t i = 0;
    while (i < line_.size()) {
      if (IsBlank(line_[i])) {
        CheckTab(i++);
      } else if (line_[i] == '#' && (i == 0 || IsBlank(line_[i - 1]))) {
        return;
      } else {
        content_ = true;
        CheckForgottenBracket(i);
        i = CheckToken(i);
      }
    }
  }

  // `---`, `...` and `%` at the start of a line. True when the line is done.
  bool CheckDocumentMark() {
    bool start = absl::StartsWith(line_, "---") && BlankOrEnd(3);
    bool end = absl::StartsWith(line_, "...") && BlankOrEnd(3);
    if (!start && !end) return false;
    if (end || content_) {
      diagnostics_->Error(At(0), {.what = "a policy file is one YAML document",
                                  .want = "a second file in the same directory",
                                  .got = Quoted(line_.substr(0, 3))});
    } else if (absl::string_view rest = absl::StripAsciiWhitespace(line_.substr(3));
               !rest.empty() && rest[0] != '#') {
      diagnostics_->Error(At(0), {.what = "the first key stands on the line after ---"});
    }
    content_ = true;
    return true;
  }

  void CheckTab(size_t i) {
    if (line_[i] != '\t' || tab_reported_) return;
    tab_reported_ = true;
    diagnostics_->Error(At(i), {.what = "a tab, whose width nobody can see", .want = "spaces"});
  }

  // A key at the left margin while a bracket is open: the bracket was forgotten, not this line.
  void CheckForgottenBracket(size_t i) {
    if (i != 0 || (open_.empty() && !lost_) || !absl::ascii_isalpha(line_[0])) return;
    size_t colon = line_.find(':');
    if (colon == absl::string_view::npos || !BlankOrEnd(colon + 1)) return;
    for (const Open& open : open_) {
      diagnostics_->Error(
          open.place, {.what = absl::StrFormat("this %c is not closed before line %d", open.bracket,
                                               line_number_)});
    }
    open_.clear();
    lost_ = false;
  }

  // Checks the token that starts at `i`; returns where it ends.
  size_t CheckToken(size_t i) {
    char c = line_[i];
    if (c == '"' || c == '\'') return CheckQuoted(i);
    if (c == '[' || c == '{') {
      open_.push_back({c, At(i)});
      if (open_.size() == kTextDepthMax + 1) {
        diagnostics_->Error(At(i), {.what = absl::StrCat("more than ", kTextDepthMax,
                                                         " brackets inside each other")});
      }
      return i + 1;
    }
    if (c == ']' || c == '}') return CheckClose(i);
    if (c == ',' && !open_.empty()) return i + 1;
    if ((c == '-' || c == ':') && BlankOrEnd(i + 1)) return i + 1;
    if (c == ':' && !open_.empty()) return i + 1;  // after a quoted key: {"a":1}
    if (c == '?' && BlankOrEnd(i + 1)) {
      diagnostics_->Error(At(i),
                          {.what = "an unquoted ? begins a YAML complex key; keys are names"});
      return i + 1;
    }
    if (absl::string_view why = Forbidden(c); !why.empty()) return CheckForbidden(i, why);
    return CheckPlain(i);
  }

  size_t CheckForbidden(size_t i, absl::string_view why) {
    bool quotable = absl::StrContains("*%@`", line_[i]);  // plain text was meant
    size_t end = PlainEnd(i);
    if (!quotable) end = std::min(end, line_.find(' ', i));
    absl::string_view token = absl::StripTrailingAsciiWhitespace(line_.substr(i, end - i));
    diagnostics_->Error(At(i), {.what = std::string(why),
                                .want = quotable ? absl::StrCat("'", token, "' in quotes") : "",
                                .got = quotable ? "" : Quoted(token)});
    return end;
  }

  size_t CheckClose(size_t i) {
    char want = line_[i] == ']' ? '[' : '{';
    if (open_.empty()) {
      if (!lost_)
        diagnostics_->Error(At(i), {.what = absl::StrFormat("this %c closes nothing", line_[i])});
      return i + 1;
    }
    Open open = open_.back();
    open_.pop_back();
    if (open.bracket == want) return i + 1;
    diagnostics_->Error(
        At(i), {.what = absl::StrFormat("this %c does not close the %c opened at %d:%d", line_[i],
                                        open.bracket, open.place.line, open.place.column)});
    // When it closes one further out, those in between were forgotten: said once.
    while (!open_.empty() && open.bracket != want) {
      open = open_.back();
      open_.pop_back();
    }
    return i + 1;
  }

  size_t CheckQuoted(size_t start) {
    char quote = line_[start];
    size_t i = start + 1;
    for (; i < line_.size(); ++i) {
      if (line_[i] == '\t') CheckTab(i);
      if (quote == '"' && line_[i] == '\\') {
        ++i;
      } else if (line_[i] == quote) {
        if (quote == '"' || Peek(i + 1) != '\'') break;
        ++i;  // '' inside '...' is one quote
      }
    }
    if (i >= line_.size()) {
      diagnostics_->Error(At(start),
                          {.what = absl::StrFormat(
                               "the string opened by this %c is not closed on its line", quote)});
      // What the string swallowed may have held brackets: no word about them until the next
      // section.
      lost_ = true;
      open_.clear();
      return line_.size();
    }
    if (char next = Peek(i + 1);
        next != '\0' && !IsBlank(next) && !absl::StrContains(",]}:", next)) {
      diagnostics_->Error(At(i + 1),
                          {.what = "text right after a closing quote",
                           .want = absl::StrFormat("a string that ends at its second %c", quote),
                           .got = Quoted(line_.substr(start, PlainEnd(i + 1) - start))});
      return PlainEnd(i + 1);
    }
    return i + 1;
  }

  // Where an unquoted scalar that starts at `i` ends, by YAML's rules for its surroundings.
  size_t PlainEnd(size_t i) const {
    size_t start = i;
    for (; i < line_.size(); ++i) {
      char c = line_[i];
      if (c == ':' &&
          (BlankOrEnd(i + 1) || (!open_.empty() && absl::StrContains(",]}", Peek(i + 1)))))
        break;
      if (c == '#' && i > start && IsBlank(line_[i - 1])) break;
      if (!open_.empty() && i > start && absl::StrContains(",[]{}?", c)) break;
    }
    return i;
  }

  size_t CheckPlain(size_t start) {
    size_t end = PlainEnd(start);
    absl::string_view token = line_.substr(start, end - start);
    if (token == "<<" && Peek(end) == ':') {
      diagnostics_->Error(
          At(start),
          {.what = "<< merges one map into another, which makes a policy hard to review"});
    }
    for (size_t i = start; i < end; ++i) CheckTab(i);
    char next = Peek(end);
    if (!open_.empty() && (next == '[' || next == '{' || next == '?')) {
      while (end < line_.size() && !absl::StrContains(", ", line_[end])) ++end;
      diagnostics_->Error(At(start),
                          {.what = absl::StrFormat("unquoted text with %c inside brackets", next),
                           .want = "the text in single quotes",
                           .got = Quoted(line_.substr(start, end - start))});
    }
    return end;
  }

  int file_;
  absl::string_view text_;
  Diagnostics* diagnostics_;
  size_t errors_before_;
  absl::string_view line_;
  int line_number_ = 0;
  bool content_ = false;       // anything but comments seen
  bool tab_reported_ = false;  // on this line
  bool lost_ = false;          // brackets are not to be trusted
  std::vector<Open> open_;
};

}  // namespace

bool CheckText(int file, absl::string_view text, Diagnostics* diagnostics) {
  return TextChecker(file, text, diagnostics).Run();
}

}  // namespace spillway::policies
