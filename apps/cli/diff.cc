#include "apps/cli/diff.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "apps/cli/diff_view.h"
#include "base/units.h"
#include "policies/loader.h"
#include "sim/report/policy_changes.h"
#include "sim/report/policy_diff.h"
#include "sim/report/steady.h"
#include "sim/scenario/stage.h"

namespace spillway::cli {
namespace {

class Differ {
 public:
  Differ(const CommandLine& line, const Paint& paint, RunOutput* output)
      : line_(line), paint_(paint), output_(output) {}

  ExitCode Run() {
    if (line_.Has(Flag::kAt) && !line_.Has(Flag::kScenario)) {
      output_->err = "spillway: --at is a moment of --scenario\nsee: spillway help diff\n";
      return ExitCode::kUsage;
    }
    return line_.Has(Flag::kScenario) ? RunScenario() : RunAlone();
  }

 private:
  std::shared_ptr<const Policy> LoadOne(const std::string& directory) {
    PolicyResult result = LoadPolicyDirectory(directory);
    if (!result.ok())
      AppendNewLines(FormatDiagnostics(result.diagnostics, directory), &output_->err);
    return result.policy;
  }

  ExitCode RunAlone() {
    const std::shared_ptr<const Policy> before = LoadOne(line_.operand()),
                                        after = LoadOne(line_.second());
    if (before == nullptr || after == nullptr) return ExitCode::kPolicyErrors;
    const std::vector<sim::PolicyChange> changes = sim::ComparePolicies(*before, *after);
    output_->out = line_.Has(Flag::kJson)
                       ? DiffJson(changes, nullptr)
                       : absl::StrCat(ChangesText(changes, paint_),
                                      "who would move depends on who watches: name a --scenario\n");
    return ExitCode::kDone;
  }

  ExitCode RunScenario() {
    std::vector<std::shared_ptr<const sim::Stage>> stages;
    for (const std::string& policy : {line_.operand(), line_.second()}) {
      absl::StatusOr<std::shared_ptr<const sim::Stage>> stage =
          sim::LoadStage(*line_.Get(Flag::kScenario), {.policy = policy});
      if (stage.ok()) {
        stages.push_back(*std::move(stage));
      } else {
        AppendNewLines(stage.status().message(), &output_->err);
      }
    }
    if (!output_->err.empty()) return ExitCode::kPolicyErrors;
    const std::vector<sim::PolicyChange> changes =
        sim::ComparePolicies(*stages[0]->terrain.frame->policy, *stages[1]->terrain.frame->policy);
    double at_s = sim::PeakSecond(*stages[0]);
    if (line_.Has(Flag::kAt))
      at_s = absl::ToDoubleSeconds(*ParseDurationText(*line_.Get(Flag::kAt)));
    if (at_s > stages[0]->scenario.seconds) {
      output_->err = "spillway: --at: the evening is over by then\n";
      return ExitCode::kUsage;
    }
    const sim::PolicyDiff diff =
        sim::ComparePlans(sim::Settle(stages[0], at_s), sim::Settle(stages[1], at_s), at_s);
    output_->out = line_.Has(Flag::kJson)
                       ? DiffJson(changes, &diff)
                       : absl::StrCat(ChangesText(changes, paint_), MovesText(diff, paint_));
    return ExitCode::kDone;
  }

  const CommandLine& line_;
  const Paint& paint_;
  RunOutput* output_;
};

}  // namespace

ExitCode DiffCommand(const CommandLine& line, const Paint& paint, RunOutput* output) {
  return Differ(line, paint, output).Run();
}

}  // namespace spillway::cli
