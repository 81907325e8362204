// steering/record/file_writer.cc -- see file_writer.h.
#include "steering/record/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status.h"

namespace spillway::record {
namespace {

uint64_t SizeOf(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::Start(std::string directory,
                                                              uint64_t bytes_max,
                                                              const Clock& clock) {
  if (bytes_max < kBytesMin) {
    return absl::InvalidArgumentError(
        absl::StrCat("want at least ", kBytesMin, " bytes for recordings, got ", bytes_max));
  }
  if (mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
    return absl::ErrnoToStatus(errno, directory);
  if (access(directory.c_str(), W_OK | X_OK) != 0) return absl::ErrnoToStatus(errno, directory);
  RETURN_IF_ERROR(ListFiles(directory, kFileSuffix).status());
  std::unique_ptr<FileWriter> writer(new FileWriter(std::move(directory), bytes_max, clock));
  FileWriter* const running = writer.get();
  writer->thread_ = std::thread([running] { running->Run(); });
  return writer;
}

uint64_t FileWriter::file_size_max() const {
  return std::min(kFileSizeMax, bytes_max_ / kFilesKept);
}

uint64_t FileWriter::failures() const {
  MutexLock lock(mu_);
  return stats_.failures;
}

bool FileWriter::HasRoom() const {
  MutexLock lock(mu_);
  if (queued_ >= kQueueMax) return false;
  return !stats_.failing || absl::Nanoseconds(clock_.MonotonicNanos() - failed_ns_) >= kRetryAfter;
}

void FileWriter::Begin(std::string name) {
  MutexLock lock(mu_);
  queue_.push_back({std::move(name), "", 0});
}

void FileWriter::Push(absl::string_view bytes, uint64_t ticks) {
  MutexLock lock(mu_);
  if (queue_.empty()) queue_.emplace_back();
  queue_.back().bytes.append(bytes.data(), bytes.size());
  queue_.back().ticks += ticks;
  queued_ += bytes.size();
  wake_.NotifyAll();
}

void FileWriter::Stop() {
  {
    MutexLock lock(mu_);
    stop_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void FileWriter::Run() {
  for (;;) {
    std::vector<Piece> pieces;
    {
      MutexLock lock(mu_);
      while (queue_.empty() && !stop_) wake_.WaitFor(mu_, absl::InfiniteDuration());
      if (queue_.empty()) break;
      pieces.swap(queue_);
    }
    for (const Piece& piece : pieces) {
      Write(piece);
      MutexLock lock(mu_);
      queued_ -= piece.bytes.size();
    }
  }
  if (file_.valid()) fdatasync(file_.get());
  file_.Reset();
}

void FileWriter::Write(const Piece& piece) {
  absl::Status status;
  if (!piece.begins.empty()) status = OpenFile(piece.begins);
  if (status.ok() && !file_.valid()) {
    MutexLock lock(mu_);
    stats_.lost_ticks += piece.ticks;  // of a file that failed before
    return;
  }
  if (status.ok()) status = WriteBytes(piece.bytes);
  if (!status.ok()) return Fail(status, piece.ticks);
  MutexLock lock(mu_);
  stats_.written_ticks += piece.ticks;
  stats_.bytes += piece.bytes.size();
  stats_.disk_bytes += piece.bytes.size();
  if (std::exchange(stats_.failing, false)) LogInfo("recording to %s again", directory_);
}

absl::Status FileWriter::OpenFile(const std::string& name) {
  if (file_.valid()) fdatasync(file_.get());
  file_.Reset();
  DropOldest();
  const std::string path = absl::StrCat(directory_, "/", name);
  file_.Reset(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (!file_.valid()) return absl::ErrnoToStatus(errno, path);
  MutexLock lock(mu_);
  ++stats_.files_begun;
  return absl::OkStatus();
}

absl::Status FileWriter::WriteBytes(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(file_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::ErrnoToStatus(errno, directory_);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

// Until a whole new file fits. Names begin with the time their run began.
void FileWriter::DropOldest() {
  absl::StatusOr<std::vector<std::string>> names = ListFiles(directory_, kFileSuffix);
  if (!names.ok()) return;  // opening will say why
  uint64_t all = 0, dropped = 0;
  std::vector<uint64_t> sizes;
  for (const std::string& name : *names) {
    sizes.push_back(SizeOf(absl::StrCat(directory_, "/", name)));
    all += sizes.back();
  }
  for (size_t i = 0; i < names->size() && all + file_size_max() > bytes_max_; ++i) {
    if (unlink(absl::StrCat(directory_, "/", (*names)[i]).c_str()) != 0) continue;
    all -= sizes[i];
    ++dropped;
  }
  MutexLock lock(mu_);
  stats_.files_dropped += dropped;
  stats_.disk_bytes = all;
}

void FileWriter::Fail(const absl::Status& status, uint64_t ticks) {
  file_.Reset();
  MutexLock lock(mu_);
  ++stats_.failures;
  stats_.lost_ticks += ticks;
  failed_ns_ = clock_.MonotonicNanos();
  if (!std::exchange(stats_.failing, true))
    LogError("not recorded, tried again each %s: %s", absl::FormatDuration(kRetryAfter),
             std::string(status.message()));
}

void FileWriter::WriteMetrics(MetricsWriter* out) const {
  Stats stats;
  size_t queued = 0;
  {
    MutexLock lock(mu_);
    stats = stats_;
    queued = queued_;
  }
  out->Family("spillway_record_failing", "gauge",
              "1 while inputs cannot be written to disk; planning is not affected.");
  out->Sample(stats.failing ? 1 : 0);
  out->Family("spillway_record_failures_total", "counter", "Writes and opens that failed.");
  out->Sample(static_cast<double>(stats.failures));
  out->Family("spillway_record_written_ticks_total", "counter", "Plans whose inputs are on disk.");
  out->Sample(static_cast<double>(stats.written_ticks));
  out->Family("spillway_record_unwritten_ticks_total", "counter",
              "Plans whose inputs were lost with a write that failed.");
  out->Sample(static_cast<double>(stats.lost_ticks));
  out->Family("spillway_record_bytes_total", "counter", "Octets written.");
  out->Sample(static_cast<double>(stats.bytes));
  out->Family("spillway_record_files_total", "counter",
              "Files begun, and dropped because --record_max was reached.");
  out->Sample({{"what", "begun"}}, static_cast<double>(stats.files_begun));
  out->Sample({{"what", "dropped"}}, static_cast<double>(stats.files_dropped));
  out->Family("spillway_record_disk_bytes", "gauge", "All recordings of the directory.");
  out->Sample(static_cast<double>(stats.disk_bytes));
  out->Family("spillway_record_queue_bytes", "gauge", "Waiting for the disk.");
  out->Sample(static_cast<double>(queued));
}

}  // namespace spillway::record
