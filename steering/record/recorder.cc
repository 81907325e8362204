// steering/record/recorder.cc -- see recorder.h.
#include "steering/record/recorder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"

namespace spillway::record {

absl::StatusOr<std::unique_ptr<Recorder>> Recorder::Create(Options options, const Clock& clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileWriter> writer,
                   FileWriter::Start(options.directory, options.bytes_max, clock));
  return std::unique_ptr<Recorder>(new Recorder(std::move(options), std::move(writer)));
}

void Recorder::BeginFile(absl::Time now) {
  if (files_ == 0) {
    run_ = CombineHash(options_.seed, static_cast<uint64_t>(absl::ToUnixNanos(now)));
    name_ =
        absl::StrFormat("%s-%08x", absl::FormatTime("%Y%m%dT%H%M%E3SZ", now, absl::UTCTimeZone()),
                        static_cast<uint32_t>(run_));
  }
  const Beginning why = gap_ ? Beginning::kGap : files_ == 0 ? Beginning::kStart : Beginning::kFull;
  encoder_.BeginFile({.run = run_,
                      .file = files_,
                      .why = why,
                      .first_tick = ticks_,
                      .at = now,
                      .program = options_.program},
                     &scratch_);
  writer_->Begin(absl::StrFormat("%s-%05d%s", name_, files_, std::string(kFileSuffix)));
  if (gap_) LogWarning("recording goes on in a new file; the plans since the last are not in it");
  ++files_;
  file_size_ = 0;
  gap_ = false;
  failures_seen_ = writer_->failures();
}

void Recorder::Tick(const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
                    const std::shared_ptr<const Plan>& plan, bool rejected) {
  const bool fits =
      Encoder::Fits(*frame) && (in.in_force == nullptr || Encoder::Fits(*in.in_force->frame));
  if (!fits && !std::exchange(unfit_, true))
    LogError("not recorded: this policy is not from files, or larger than recordings may hold");
  if (!fits || !writer_->HasRoom()) {
    gap_ = true;
    ++ticks_;
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  unfit_ = false;
  // What was queued when a write failed is lost, and what follows would have nothing to build on.
  if (writer_->failures() != failures_seen_) gap_ = true;
  scratch_.clear();
  if (files_ == 0 || gap_ || file_size_ >= writer_->file_size_max()) BeginFile(in.facts.now);
  encoder_.Tick(frame, in, plan, rejected, &scratch_);
  writer_->Push(scratch_, 1);
  file_size_ += scratch_.size();
  ++ticks_;
}

void Recorder::WriteMetrics(MetricsWriter* out) const {
  out->Family("spillway_record_skipped_ticks_total", "counter",
              "Plans whose inputs found no room on their way to the disk; a gap in the recording.");
  out->Sample(static_cast<double>(lost_.load(std::memory_order_relaxed)));
  writer_->WriteMetrics(out);
}

}  // namespace spillway::record
