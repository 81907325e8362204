// policies/diagnostic.h -- what is wrong with a policy, where, and how to put it right.
//
//   live.yaml:3:42: error: targets.fra1.commit: no unit; want a bitrate such as 400 Gbps, got "400"
//   └file      └line:column (1-based, bytes)    └what       └want                      └got
//
// why: a person fixes all of a file in one go, so nothing stops at the first error; the collector
// sorts by file and line at the end, because checks run in passes.
// limits: kErrorsMax and kWarningsMax are kept, the rest is counted in one last line of its kind.
#ifndef SPILLWAY_POLICIES_DIAGNOSTIC_H_
#define SPILLWAY_POLICIES_DIAGNOSTIC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spillway {

enum class Severity : uint8_t { kError, kWarning };

struct Diagnostic {
  std::string file;  // name inside the policy directory; empty = the directory as a whole
  int line = 0;      // 1-based; 0 = the file as a whole
  int column = 0;    // 1-based, counted in bytes
  Severity severity = Severity::kError;
  std::string message;

  // "file:line:column: error: message"; `directory`, when given, is put before the file.
  std::string ToString(absl::string_view directory = "") const;
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

namespace policies {

// More than this and the file is not a policy; a person reads the first screen. Apart, so that
// warnings never push out an error.
inline constexpr size_t kErrorsMax = 500;
inline constexpr size_t kWarningsMax = 200;

// Where a piece of text stands. `file` is an index into the collector's file names.
struct Place {
  int file = -1;  // -1 = the directory as a whole
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

// The parts of a message; empty ones are left out.
struct Complaint {
  std::string what = "";   // what is wrong
  std::string want = "";   // what would be right
  std::string got = "";    // what is there, as shown (Quoted or plain)
  std::string meant = "";  // offered as "did you mean"
  std::string ToString() const;
};

// `text` in double quotes, cut to what fits a line; control characters as \xNN, the rest as it is.
std::string Quoted(absl::string_view text);

class Diagnostics {
 public:
  explicit Diagnostics(std::vector<std::string> files) : files_(std::move(files)) {}

  void Error(Place place, const Complaint& complaint) { Add(Severity::kError, place, complaint); }
  void Warning(Place place, const Complaint& complaint) {
    Add(Severity::kWarning, place, complaint);
  }
  size_t errors() const { return errors_; }
  // True when no more errors are kept: callers may skip what is costly, such as suggestions.
  bool full() const { return errors_ >= kErrorsMax; }
  // "live.yaml:3:42", for messages that point at a second place.
  std::string Describe(Place place) const;
  // All that was found, by file, line, column; equal ones once. Leaves the collector empty.
  std::vector<Diagnostic> Take();

 private:
  struct Found {
    Place place;
    Severity severity;
    std::string message;
    friend auto operator<=>(const Found&, const Found&) = default;
  };
  void Add(Severity severity, Place place, const Complaint& complaint);

  std::vector<std::string> files_;
  std::vector<Found> found_;
  size_t errors_ = 0;  // all, kept or not
  size_t warnings_ = 0;
};

}  // namespace policies
}  // namespace spillway

#endif  // SPILLWAY_POLICIES_DIAGNOSTIC_H_
