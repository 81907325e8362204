#include "apps/cli/rehearse.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "apps/cli/change_view.h"
#include "apps/cli/rehearse_view.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "sim/fleet.h"
#include "sim/report/evening.h"
#include "sim/report/evening_json.h"
#include "sim/report/page.h"
#include "sim/rivals/rivals.h"
#include "sim/scenario/stage.h"
#include "sim/steering.h"

namespace spillway::cli {
namespace {

struct SteeringRow {
  absl::string_view name;
  sim::SteeringFactory make;
};

// Ours first: its verdict is the exit code.
std::vector<SteeringRow> Steerings() {
  std::vector<SteeringRow> rows = {
      {"ours", [] { return sim::MakeOurs(); }},
      {"ours-knowing-demand", [] { return sim::MakeOurs({}, sim::Knowledge::kDemand); }}};
  for (const sim::Rival& rival : sim::Rivals()) rows.push_back({rival.name, rival.make});
  return rows;
}

absl::StatusOr<std::vector<SteeringRow>> Chosen(const std::string& text) {
  std::vector<SteeringRow> known = Steerings();
  if (text == "all") return known;
  std::vector<SteeringRow> chosen;
  for (absl::string_view name : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const auto it = std::find_if(known.begin(), known.end(),
                                 [name](const SteeringRow& row) { return row.name == name; });
    if (it == known.end()) {
      std::vector<std::string> names{"all"};
      for (const SteeringRow& row : known) names.emplace_back(row.name);
      const std::string meant = Suggest(name, names);
      return absl::InvalidArgumentError(
          absl::StrCat("--steering: nobody is called \"", Printable(name), "\"; ",
                       meant.empty() ? absl::StrCat("want ", absl::StrJoin(names, ", "))
                                     : absl::StrCat("did you mean ", meant, "?")));
    }
    chosen.push_back(*it);
  }
  if (chosen.empty()) return absl::InvalidArgumentError("--steering: want a name, or all");
  return chosen;
}

class Rehearser {
 public:
  Rehearser(const RunInput& input, const CommandLine& line, const Paint& paint, RunOutput* output)
      : input_(input), line_(line), paint_(paint), output_(output) {}

  ExitCode Run() {
    absl::StatusOr<std::vector<SteeringRow>> steerings = Chosen(*line_.Get(Flag::kSteering));
    if (!steerings.ok()) return Fail(ExitCode::kUsage, steerings.status().message());
    if (!LoadStages()) return ExitCode::kPolicyErrors;
    const int64_t began = input_.clock->MonotonicNanos();
    count_ = stages_.size() * steerings->size();
    for (const auto& stage : stages_) {
      for (const SteeringRow& row : *steerings) {
        const std::string policy = Printable(stage->policy_directory);
        Play(stage,
             stages_.size() == 1      ? std::string(row.name)
             : steerings->size() == 1 ? policy
                                      : absl::StrCat(row.name, ", ", policy),
             row);
      }
    }
    if (input_.progress) input_.progress("");
    const double took_s = static_cast<double>(input_.clock->MonotonicNanos() - began) * 1e-9;
    return Report(took_s);
  }

 private:
  ExitCode Fail(ExitCode code, absl::string_view what) {
    absl::StrAppend(&output_->err, "spillway: ", what, "\n");
    return code;
  }

  // Every error of both policies at once.
  bool LoadStages() {
    sim::StageOptions options{.policy = line_.Get(Flag::kPolicy).value_or("")};
    uint64_t seed = 0;
    if (line_.Has(Flag::kSeed) && absl::SimpleAtoi(*line_.Get(Flag::kSeed), &seed))
      options.seed = seed;
    LoadOne(options);
    if (line_.Has(Flag::kAgainst)) {
      options.policy = *line_.Get(Flag::kAgainst);
      LoadOne(options);
    }
    return output_->err.empty();
  }

  void LoadOne(const sim::StageOptions& options) {
    absl::StatusOr<std::shared_ptr<const sim::Stage>> stage =
        sim::LoadStage(line_.operand(), options);
    if (stage.ok()) return stages_.push_back(*std::move(stage));
    // What is wrong with the scenario itself would be said once for each policy.
    AppendNewLines(stage.status().message(), &output_->err);
  }

  void Play(const std::shared_ptr<const sim::Stage>& stage, const std::string& label,
            const SteeringRow& row) {
    const std::string part =
        count_ == 1 ? "" : absl::StrCat(label, " (", evenings_.size() + 1, " of ", count_, "): ");
    int64_t shown = 0;
    sim::OnProgress progress;
    if (input_.progress) {
      progress = [this, &part, &shown](const sim::Progress& now) {
        constexpr int64_t kBetweenNanos = 200'000'000;  // faster than that nobody reads
        const int64_t nanos = input_.clock->MonotonicNanos();
        if (nanos - shown < kBetweenNanos) return;
        shown = nanos;
        input_.progress(absl::StrCat(part, ProgressLine(now)));
      };
    }
    evenings_.push_back(sim::PlayEvening(stage, label, row.make, progress));
  }

  std::string Command() const {
    std::string command = absl::StrCat("spillway rehearse ", ShellWord(line_.operand()));
    for (const Flag flag : {Flag::kPolicy, Flag::kAgainst, Flag::kSteering}) {
      if (line_.Has(flag) && *line_.Get(flag) != SpecOf(flag).def)
        absl::StrAppend(&command, " --", SpecOf(flag).name, " ", ShellWord(*line_.Get(flag)));
    }
    return absl::StrCat(command, " --seed ", stages_[0]->scenario.world.seed);
  }

  ExitCode Report(double took_s) {
    std::string json;
    if (line_.Has(Flag::kJson) || line_.Has(Flag::kHtml))
      json = sim::EveningsJson(evenings_, Command());
    if (line_.Has(Flag::kJson)) {
      output_->out = absl::StrCat(json, "\n");
    } else {
      output_->out = evenings_.size() == 1 ? EveningText(evenings_[0], paint_)
                                           : ComparisonText(evenings_, paint_);
      absl::StrAppend(&output_->out, "\n", FactsText(evenings_, took_s), "repeat: ", Command(),
                      "\n");
    }
    if (line_.Has(Flag::kHtml)) {
      const std::string& file = *line_.Get(Flag::kHtml);
      const absl::Status written = WriteFileAtomically(file, sim::Page(stages_[0]->title, json));
      if (!written.ok()) return Fail(ExitCode::kOutput, written.message());
      if (!line_.Has(Flag::kJson)) absl::StrAppend(&output_->out, "page: ", Printable(file), "\n");
    }
    const bool held = sim::Judge(evenings_[0]).outcome != sim::Outcome::kNotHeld;
    return held ? ExitCode::kDone : ExitCode::kNotHeld;
  }

  const RunInput& input_;
  const CommandLine& line_;
  const Paint& paint_;
  RunOutput* output_;
  std::vector<std::shared_ptr<const sim::Stage>> stages_;  // --policy, --against
  std::vector<sim::Evening> evenings_;
  size_t count_ = 0;  // to be played
};

}  // namespace

ExitCode RehearseCommand(const RunInput& input, const CommandLine& line, const Paint& paint,
                         RunOutput* output) {
  return Rehearser(input, line, paint, output).Run();
}

}  // namespace spillway::cli
