#include "dns/zone/master_lines.h"

#include "absl/strings/ascii.h"

namespace spillway::dns {
namespace {

class Splitter {
 public:
  Splitter(absl::string_view text, std::vector<ZoneFault>* faults) : text_(text), faults_(faults) {}

  std::vector<MasterLine> Run() {
    for (pos_ = 0; pos_ < text_.size(); ++pos_) {
      const char c = text_[pos_];
      if (in_quotes_) {
        Quoted(c);
      } else {
        Plain(c);
      }
      if (c == '\n') ++line_;
    }
    if (in_quotes_) Fault(line_, "quote not closed");
    if (depth_ > 0) Fault(open_line_, "parenthesis not closed");
    EndEntry();
    return std::move(lines_);
  }

 private:
  void Put(char c) {
    if (entry_.text.empty()) entry_.line = line_;
    entry_.text.push_back(c);
  }
  // A backslash keeps the octet after it from meaning anything here.
  void PutEscaped() {
    Put('\\');
    if (pos_ + 1 < text_.size() && text_[pos_ + 1] != '\n') Put(text_[++pos_]);
  }
  void Quoted(char c) {
    if (c == '\n') {
      Fault(line_, "quote not closed");
      in_quotes_ = false;
      Plain(c);
    } else if (c == '\\') {
      PutEscaped();
    } else {
      in_quotes_ = c != '"';
      Put(c);
    }
  }
  void Plain(char c) {
    switch (c) {
      case '\\':
        return PutEscaped();
      case '"':
        in_quotes_ = true;
        return Put(c);
      case ';':
        while (pos_ + 1 < text_.size() && text_[pos_ + 1] != '\n') ++pos_;
        return;
      case '(':
        if (depth_++ == 0) open_line_ = line_;
        return Put(' ');
      case ')':
        if (depth_ == 0) {
          Fault(line_, "closing parenthesis without an opening one");
        } else {
          --depth_;
        }
        return Put(' ');
      case '\n':
        if (depth_ > 0) return Put(' ');
        return EndEntry();
      case '\r':
      case '\t':
        return Put(' ');
      default:
        return Put(c);
    }
  }
  void EndEntry() {
    if (!absl::StripAsciiWhitespace(entry_.text).empty()) lines_.push_back(std::move(entry_));
    entry_ = {};
  }
  void Fault(int line, const char* what) { faults_->push_back({line, what}); }

  absl::string_view text_;
  std::vector<ZoneFault>* faults_;
  std::vector<MasterLine> lines_;
  MasterLine entry_;
  size_t pos_ = 0;
  int line_ = 1;
  int open_line_ = 0;
  int depth_ = 0;
  bool in_quotes_ = false;
};

}  // namespace

std::vector<MasterLine> SplitMasterLines(absl::string_view text, std::vector<ZoneFault>* faults) {
  return Splitter(text, faults).Run();
}

}  // namespace spillway::dns
