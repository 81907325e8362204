#include "steering/decisions/decision_log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/status.h"
#include "steering/decide/explain.h"

namespace spillway {
namespace {

constexpr absl::Duration kTurn = absl::Milliseconds(100);

}  // namespace

std::string DecisionLine(const Plan& plan, const DecisionNote& note) {
  const CandidateTable& candidates = *plan.frame->candidates;
  if (note.table != &candidates) return "";
  const absl::Span<const Slot> row = candidates.Row(note.row);
  const size_t slot = note.slot - candidates.RowBegin(note.row);
  const Explanation explained = Explain(plan, note.service, note.client, note.client_bits);
  const bool same = plan.generation == note.generation && explained.decision.slot == note.slot;
  JsonWriter w;
  w.BeginObject();
  w.Key("at").String(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(note.unix_ms),
                                      absl::UTCTimeZone()));
  w.Key("front").String(FrontName(note.front));
  w.Key("peer").String(note.peer.ToString());
  w.Key("client").String(absl::StrCat(note.client.ToString(), "/", note.client_bits));
  w.Key("group").String(plan.frame->groups->group(candidates.RowGroup(note.row)).name);
  w.Key("cell");
  if (same && explained.trace.cell >= 0) {
    w.Int(explained.trace.cell);
  } else {
    w.Null();
  }
  w.Key("service").String(plan.policy().service(note.service).name);
  w.Key("target").String(plan.policy().target(row[slot].target).name);
  w.Key("ttl").Uint(note.ttl_s);
  w.Key("scope").Uint(note.scope_bits);
  w.Key("state").String(RowStateName(note.state));
  w.Key("plan").Uint(note.generation);
  if (same) w.Key("why").String(explained.rule);
  w.EndObject();
  return w.Take();
}

absl::StatusOr<std::unique_ptr<DecisionLog>> DecisionLog::Start(
    DecisionLogOptions options, std::array<size_t, kFrontCount> workers,
    const SnapshotCell<Plan>& plans, const Clock& clock) {
  std::unique_ptr<DecisionLog> log(new DecisionLog(std::move(options), plans));
  for (size_t f = 0; f < kFrontCount; ++f) {
    for (size_t w = 0; w < workers[f]; ++w)
      log->rings_[f].push_back(std::make_unique<DecisionRing>(clock, log->options_.every));
  }
  RETURN_IF_ERROR(log->Open());
  log->turns_.emplace(kTurn, [raw = log.get()] { raw->Turn(); });
  return log;
}

absl::Status DecisionLog::Open() {
  size_ = 0;
  if (options_.path == "-") return absl::OkStatus();
  file_ = UniqueFd(open(options_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file_.valid())
    return absl::ErrnoToStatus(errno, absl::StrCat("decision log: cannot write ", options_.path));
  const off_t end = lseek(file_.get(), 0, SEEK_END);
  size_ = end > 0 ? static_cast<size_t>(end) : 0;
  return absl::OkStatus();
}

void DecisionLog::Turn() {
  const std::shared_ptr<const Plan> plan = plans_.Current();
  std::string text;
  size_t lines = 0;
  for (auto& front : rings_) {
    for (auto& ring : front) {
      ring->Drain([&](const DecisionNote& note) {
        std::string line;
        if (plan != nullptr && lines < kLinesPerTurn) line = DecisionLine(*plan, note);
        if (line.empty()) return dropped_.Add();
        absl::StrAppend(&text, line, "\n");
        ++lines;
      });
    }
  }
  (text.empty() || Write(text) ? written_ : dropped_).Add(lines);
}

bool DecisionLog::Write(const std::string& text) {
  if (file_.valid() && size_ + text.size() > options_.size_max) {
    const std::string old = options_.path + ".1";
    std::rename(options_.path.c_str(), old.c_str());
    const absl::Status opened = Open();
    if (!opened.ok()) {
      LogWarning("%s; to standard error from now on", std::string(opened.message()));
    }
  }
  const int fd = file_.valid() ? file_.get() : STDERR_FILENO;
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;  // the disk is full: what is lost is a sample
    done += static_cast<size_t>(count);
  }
  size_ += done;
  return done == text.size();
}

void DecisionLog::WriteMetrics(MetricsWriter* out) const {
  uint64_t dropped = dropped_.Get();
  for (const auto& front : rings_) {
    for (const auto& ring : front) dropped += ring->dropped();
  }
  out->Family(
      "spillway_decision_log_lines_total", "counter",
      "Sampled decisions: written, or dropped because too many came, the policy changed or the "
      "file could not be written.");
  out->Sample({{"outcome", "written"}}, static_cast<double>(written_.Get()));
  out->Sample({{"outcome", "dropped"}}, static_cast<double>(dropped));
}

}  // namespace spillway
