// tests/fuzz/policy_fuzz.cc -- any bytes as policy files: never a crash, and what loads is sound.
//
// Bytes 00 part the input into files. Properties: a policy comes out exactly when there is no
// error; it keeps the model's invariants; every diagnostic points into its file; loading again says
// the same.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "policies/invariants.h"
#include "policies/loader.h"

namespace spillway {
namespace {

void CheckPlace(const std::vector<PolicyFile>& files, const Diagnostic& diagnostic) {
  CHECK(!diagnostic.message.empty());
  if (diagnostic.line == 0) return;
  auto is_file = [&](const PolicyFile& f) { return f.name == diagnostic.file; };
  auto file = std::find_if(files.begin(), files.end(), is_file);
  CHECK(file != files.end());
  auto lines = std::count(file->text.begin(), file->text.end(), '\n') + 1;
  CHECK(diagnostic.line >= 1 && diagnostic.line <= lines + 1);  // + 1: the end of the file
  CHECK(diagnostic.column >= 1);
}

void Run(absl::string_view bytes) {
  std::vector<PolicyFile> files;
  for (absl::string_view part : absl::StrSplit(bytes, '\0')) {
    files.push_back({absl::StrCat(files.size(), ".yaml"), std::string(part)});
  }
  PolicyResult result = LoadPolicyText(files);
  auto is_error = [](const Diagnostic& d) { return d.severity == Severity::kError; };
  bool errors = std::any_of(result.diagnostics.begin(), result.diagnostics.end(), is_error);
  CHECK(result.ok() == !errors);
  if (result.ok()) CHECK(CheckInvariants(*result.policy).empty());
  for (const Diagnostic& diagnostic : result.diagnostics) CheckPlace(files, diagnostic);
  PolicyResult again = LoadPolicyText(files);
  CHECK(again.diagnostics == result.diagnostics);
  CHECK(!result.ok() || again.policy->version == result.policy->version);
}

}  // namespace
}  // namespace spillway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spillway::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
