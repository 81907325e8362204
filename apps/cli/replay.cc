#include "apps/cli/replay.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "policies/loader.h"
#include "steering/record/decoder.h"
#include "steering/record/format.h"

namespace spillway::cli {
namespace {

// The writer's files are smaller by far, but for the item that did not fit any more.
constexpr size_t kFileReadMax = size_t{512} << 20;

absl::StatusOr<std::vector<std::string>> FilesOf(const std::string& recording) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(recording, ignored))
    return std::vector<std::string>{recording};
  absl::StatusOr<std::vector<std::string>> names = ListFiles(recording, record::kFileSuffix);
  if (!names.ok()) return names.status();
  if (names->empty())
    return absl::NotFoundError(absl::StrCat(recording, ": want *.rec files of spillwayd --record"));
  for (std::string& name : *names) name = absl::StrCat(recording, "/", name);
  return names;
}

class Playback {
 public:
  Playback(std::shared_ptr<const Policy> policy, ReplayResult* result) : result_(*result) {
    if (policy != nullptr) what_if_ = std::make_unique<replay::WhatIf>(std::move(policy));
  }

  void File(const std::string& path) {
    const absl::StatusOr<std::string> bytes = ReadFile(path, kFileReadMax);
    if (!bytes.ok()) return Damaged(path, std::string(bytes.status().message()), 0);
    ++result_.files;
    result_.bytes += bytes->size();
    record::Decoder decoder(*bytes);
    if (const record::RecordError error = decoder.Open(); error != record::RecordError::kNone)
      return Damaged(path, std::string(RecordErrorText(error)), decoder.bytes_left());
    if (replayer_.Begin(decoder.begin()) && what_if_ != nullptr) what_if_->BeginStretch();
    for (;;) {
      const record::Decoder::Item item = decoder.Next();
      if (item == record::Decoder::Item::kEnd) break;
      const absl::Status status = item == record::Decoder::Item::kFrame
                                      ? replayer_.Frame(decoder.frame())
                                      : Tick(decoder.tick());
      if (!status.ok()) return Damaged(path, std::string(status.message()), decoder.bytes_left());
    }
    if (decoder.error() != record::RecordError::kNone)
      Damaged(path, std::string(RecordErrorText(decoder.error())), decoder.bytes_left());
  }

  void Finish() {
    result_.stretches = replayer_.stretches();
    if (what_if_ != nullptr) result_.what_if = what_if_->Report();
  }

 private:
  absl::Status Tick(const record::RecordedTick& tick) {
    absl::Status status = replayer_.Tick(tick);
    if (status.ok() && what_if_ != nullptr) status = what_if_->Tick(tick, replayer_);
    return status;
  }

  void Damaged(const std::string& path, std::string what, uint64_t lost_bytes) {
    result_.damage.push_back({path, std::move(what), lost_bytes});
  }

  ReplayResult& result_;
  replay::Replayer replayer_;
  std::unique_ptr<replay::WhatIf> what_if_;
};

}  // namespace

bool ReplayResult::identical() const {
  for (const replay::Stretch& stretch : stretches) {
    if (stretch.from_start && stretch.identical != stretch.plans) return false;
  }
  return true;
}

ReplayResult ReplayRecording(const ReplayInput& input) {
  ReplayResult result;
  std::shared_ptr<const Policy> policy;
  if (!input.policy.empty()) {
    PolicyResult loaded = LoadPolicyDirectory(input.policy);
    policy = loaded.policy;
    if (policy == nullptr) {
      result.policy_errors = std::move(loaded.diagnostics);
      return result;
    }
    result.policy_version = policy->version;
  }
  const absl::StatusOr<std::vector<std::string>> files = FilesOf(input.recording);
  if (!files.ok()) {
    result.error = std::string(files.status().message());
    return result;
  }
  Playback playback(std::move(policy), &result);
  for (const std::string& file : *files) playback.File(file);
  playback.Finish();
  uint64_t plans = 0;
  for (const replay::Stretch& stretch : result.stretches) plans += stretch.plans;
  if (plans == 0) {
    result.error = absl::StrCat(input.recording, ": no plan in it");
    if (!result.damage.empty())
      absl::StrAppend(&result.error, "; ", result.damage[0].file, ": ", result.damage[0].what);
  }
  return result;
}

}  // namespace spillway::cli
