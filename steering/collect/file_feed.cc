#include "steering/collect/file_feed.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/log.h"
#include "steering/feed/batch_parser.h"

namespace spillway {
namespace {

// The first of the quick second looks at a half-written file; doubled up to `read_every`.
constexpr absl::Duration kRetryFirst = absl::Milliseconds(1);
// A broken file is read again this soon: its writer is probably at work.
constexpr absl::Duration kLookAgain = absl::Milliseconds(100);
// Writers are done within this; what is still broken then is a fault a person should hear of.
constexpr absl::Duration kBrokenForLong = absl::Seconds(1);
// Refused rows are logged no more often; counters tell the rest.
constexpr absl::Duration kRowLogEvery = absl::Seconds(10);

std::string SourceOf(const std::string& file_name) {
  std::string source = absl::StrCat("file:", file_name);
  return IsSourceName(source) ? source : "file";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileFeed>> FileFeed::Start(Options options, FeedTable* table,
                                                          const Clock* clock) {
  std::string directory = std::filesystem::path(options.path).parent_path().string();
  auto watch = FileWatch::Create(directory.empty() ? "." : directory);
  if (!watch.ok()) return watch.status();
  return std::unique_ptr<FileFeed>(
      new FileFeed(std::move(options), *std::move(watch), table, clock));
}

FileFeed::FileFeed(Options options, std::unique_ptr<FileWatch> watch, FeedTable* table,
                   const Clock* clock)
    : options_(std::move(options)), watch_(std::move(watch)), table_(table), clock_(clock) {
  file_name_ = std::filesystem::path(options_.path).filename().string();
  if (options_.source.empty()) options_.source = SourceOf(file_name_);
  thread_ = std::thread([this] { Run(); });
}

FileFeed::~FileFeed() {
  stop_.store(true, std::memory_order_relaxed);
  watch_->Wake();
  thread_.join();
}

// Events of other files in the folder are none of ours, except Kubernetes' swap of `..data`.
bool FileFeed::Concerns(const std::string& name) const {
  return name.empty() || name == file_name_ || absl::StartsWith(name, "..");
}

void FileFeed::Run() {
  bool dirty = true, event = true;               // event: not only a look now and then
  int64_t read_from = clock_->MonotonicNanos();  // no read before this
  absl::Duration retry = kRetryFirst;
  std::vector<std::string> names;
  while (!stop_.load(std::memory_order_relaxed)) {
    int64_t now = clock_->MonotonicNanos();
    if (dirty && now >= read_from) {
      Read();
      // A writer that truncates wakes us by the truncation itself, so the first read often finds
      // half a file. Waiting a whole turn then could meet the next truncation, and so on for ever.
      bool again = event && !sound() && retry < options_.read_every;
      read_from = now + absl::ToInt64Nanoseconds(again ? retry : options_.read_every);
      retry = again ? 2 * retry : kRetryFirst;
      dirty = event = again;
      continue;
    }
    absl::Duration look =
        broken_since_ != 0 ? std::min(kLookAgain, options_.look_every) : options_.look_every;
    switch (watch_->Wait(dirty ? absl::Nanoseconds(read_from - now) : look, &names)) {
      case FileWatch::Event::kWoken:
        break;
      case FileWatch::Event::kTimeout:
        dirty = true;
        break;
      case FileWatch::Event::kChanged:
        for (const std::string& name : names) event |= Concerns(name);
        dirty |= event;
        break;
    }
  }
}

void FileFeed::Read() {
  absl::StatusOr<std::string> content = ReadFile(options_.path, kBatchSizeMax);
  reads_.Add();
  if (!content.ok()) {
    BatchError error = absl::IsResourceExhausted(content.status()) ? BatchError::kTooLarge
                                                                   : BatchError::kUnreadable;
    has_content_ = false;
    return Broken(error, std::string(content.status().message()));
  }
  if (has_content_ && *content == content_) {
    if (broken_since_ != 0)
      Broken(BatchError::kNone, "");  // still the same fault: only time passes
    return;
  }
  content_ = *std::move(content);
  has_content_ = true;
  ParsedBatch parsed = ParseSampleBatch(content_);
  if (!parsed.ok()) return Broken(parsed.error, std::move(parsed.message));
  if (broken_logged_) LogInfo("feed file %s: sound again", options_.path);
  broken_since_ = 0;
  broken_logged_ = false;
  broken_message_.clear();
  sound_.store(true, std::memory_order_relaxed);
  ReportRows(table_->Accept(options_.source, parsed.batch, clock_->Now()));
}

// `error` is kNone when the same content was found broken before. Counted and logged once, and only
// when it has lasted: to be met half-written is a file's ordinary fate.
void FileFeed::Broken(BatchError error, std::string message) {
  int64_t now = clock_->MonotonicNanos();
  if (broken_since_ == 0) broken_since_ = now;
  if (error != BatchError::kNone) {
    broken_message_ = std::move(message);
    broken_error_ = error;
  }
  sound_.store(false, std::memory_order_relaxed);
  if (broken_logged_ || now - broken_since_ < absl::ToInt64Nanoseconds(kBrokenForLong)) return;
  broken_logged_ = true;
  table_->CountRefused(options_.source, broken_error_, clock_->Now());
  LogWarning("feed file %s: %s; its last good values stay until they age", options_.path,
             broken_message_);
}

// A file has nobody to answer to, so the first refused row is logged.
void FileFeed::ReportRows(const BatchResult& result) {
  if (result.refused.empty()) return;
  const RowError& first = result.refused.front();
  std::string text = absl::StrCat("row ", first.row, " \"", first.target, "\": ", first.message);
  int64_t now = clock_->MonotonicNanos();
  bool recent =
      row_logged_at_ != 0 && now - row_logged_at_ < absl::ToInt64Nanoseconds(kRowLogEvery);
  if (recent || text == row_logged_) return;
  LogWarning("feed file %s: %d of %d rows refused; %s", options_.path, result.refused.size(),
             result.refused.size() + result.accepted + result.unchanged, text);
  row_logged_ = std::move(text);
  row_logged_at_ = now;
}

}  // namespace spillway
