#include "apps/cli/run.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/cli/admin_client.h"
#include "apps/cli/answer.h"
#include "apps/cli/change_view.h"
#include "apps/cli/check.h"
#include "apps/cli/diff.h"
#include "apps/cli/explain_view.h"
#include "apps/cli/help.h"
#include "apps/cli/rehearse.h"
#include "apps/cli/replay.h"
#include "apps/cli/replay_view.h"
#include "apps/cli/status_view.h"
#include "apps/token_file.h"
#include "apps/version.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/status.h"
#include "policies/loader.h"

namespace spillway::cli {
namespace {

class Session {
 public:
  Session(const RunInput& input, const CommandLine& line, RunOutput* output)
      : input_(input),
        line_(line),
        output_(output),
        paint_(input.terminal && !input.environment("NO_COLOR") && !line.Has(Flag::kJson)) {}

  ExitCode Run() {
    switch (line_.verb()) {
      case Verb::kHelp:
        return ShowHelp();
      case Verb::kVersion:
        return ShowVersion();
      case Verb::kCheck:
        return Check();
      case Verb::kRehearse:
        return Rehearse();
      case Verb::kDiff:
        return DiffCommand(line_, paint_, output_);
      case Verb::kStatus:
        return Ask("GET", "/v1/status", "",
                   [this](Answer& answer) { return StatusText(answer, paint_); });
      case Verb::kExplain:
        return Explain();
      case Verb::kDrain:
        return Ask("POST", "/v1/drain", DrainJson(), [this](Answer& answer) {
          return DrainedText(answer, *line_.Get(Flag::kWho), *line_.Get(Flag::kWhy), paint_);
        });
      case Verb::kUndrain:
        return Ask("POST", "/v1/undrain", DrainJson(), [this](Answer&) {
          return UndrainedText(line_.operand(), *line_.Get(Flag::kWho), paint_);
        });
      case Verb::kReload:
        return Ask("POST", "/v1/reload", "{}",
                   [this](Answer& answer) { return ReloadedText(answer, paint_); });
    }
    return ExitCode::kUsage;
  }

 private:
  ExitCode Fail(ExitCode code, absl::string_view what) {
    absl::StrAppend(&output_->err, "spillway: ", what, "\n");
    return code;
  }

  ExitCode ShowHelp() {
    absl::StatusOr<std::string> help = Help(line_.operand());
    if (!help.ok()) return Fail(ExitCode::kUsage, help.status().message());
    output_->out = *std::move(help);
    return ExitCode::kDone;
  }

  ExitCode ShowVersion() {
    output_->out = absl::StrCat("spillway ", kVersion, "\n");
    if (line_.Has(Flag::kJson)) output_->out = absl::StrCat("{\"version\":\"", kVersion, "\"}\n");
    return ExitCode::kDone;
  }

  ExitCode Check() {
    CheckInput input{.directory = line_.operand(),
                     .zones = line_.Get(Flag::kZones).value_or(""),
                     .geo = line_.Get(Flag::kGeo).value_or(""),
                     .now = Clock::Real().Now()};
    CheckResult result = CheckDirectory(input);
    if (line_.Has(Flag::kJson)) {
      output_->out = CheckJson(result);
    } else {
      const Paint plain(false);  // whether standard error is a terminal we do not know
      output_->err = FindingsText(result, plain);
      if (result.ok()) {
        output_->out = SummaryText(result, paint_);
      } else {
        output_->err += SummaryText(result, plain);
      }
    }
    return result.ok() ? ExitCode::kDone : ExitCode::kPolicyErrors;
  }

  // A scenario, or what was recorded: one of them.
  ExitCode Rehearse() {
    const bool recorded = line_.Has(Flag::kRecording);
    if (recorded == !line_.operand().empty())
      return Fail(ExitCode::kUsage,
                  "rehearse: want a SCENARIO or --recording DIR; see `spillway help rehearse`");
    return recorded ? Replay() : RehearseCommand(input_, line_, paint_, output_);
  }

  ExitCode Replay() {
    std::vector<std::string> foreign;
    for (const Flag flag : {Flag::kAgainst, Flag::kSteering, Flag::kSeed, Flag::kHtml}) {
      if (line_.Has(flag) && *line_.Get(flag) != SpecOf(flag).def)
        foreign.push_back(absl::StrCat("--", SpecOf(flag).name));
    }
    if (!foreign.empty())
      return Fail(
          ExitCode::kUsage,
          absl::StrCat("rehearse: --recording does not go with ", absl::StrJoin(foreign, ", "),
                       ", which are of a SCENARIO; see `spillway help rehearse`"));
    const ReplayResult result = ReplayRecording({.recording = *line_.Get(Flag::kRecording),
                                                 .policy = line_.Get(Flag::kPolicy).value_or("")});
    if (!result.policy_errors.empty()) {
      output_->err = FormatDiagnostics(result.policy_errors, *line_.Get(Flag::kPolicy));
      return ExitCode::kPolicyErrors;
    }
    if (!result.error.empty()) return Fail(ExitCode::kUsage, Printable(result.error));
    output_->out = line_.Has(Flag::kJson) ? ReplayJson(result) : ReplayText(result, paint_);
    return result.identical() ? ExitCode::kDone : ExitCode::kDiffers;
  }

  ExitCode Explain() {
    bool by_name = line_.Has(Flag::kName);
    const std::string& asked = *line_.Get(by_name ? Flag::kName : Flag::kUrl);
    std::string path = absl::StrCat("/v1/explain?client=", QueryEscape(*line_.Get(Flag::kClient)),
                                    by_name ? "&name=" : "&url=", QueryEscape(asked));
    return Ask("GET", path, "", [&](Answer& answer) { return ExplainText(answer, asked, paint_); });
  }

  std::string DrainJson() const {
    JsonWriter w;
    w.BeginObject().Key("target").String(line_.operand()).Key("who").String(*line_.Get(Flag::kWho));
    w.Key("why").String(line_.Get(Flag::kWhy).value_or(""));
    if (line_.Has(Flag::kFor)) w.Key("for").String(*line_.Get(Flag::kFor));
    if (line_.Has(Flag::kForce)) w.Key("force").Bool(true);
    w.EndObject();
    return w.Take();
  }

  absl::StatusOr<AdminClient> Connect() {
    AdminClient::Options options{.url = *line_.Get(Flag::kAdmin), .timeout = input_.timeout};
    if (line_.Has(Flag::kTokenFile)) {
      ASSIGN_OR_RETURN(options.token, ReadTokenFile(*line_.Get(Flag::kTokenFile)));
    } else {
      options.token = input_.environment("SPILLWAY_TOKEN").value_or("");
    }
    return AdminClient::Create(std::move(options));
  }

  // Asks, judges the answer's code and form, prints it by `text_of` or as it came.
  template <typename TextOf>
  ExitCode Ask(absl::string_view method, absl::string_view path, const std::string& body,
               TextOf text_of) {
    absl::StatusOr<AdminClient> client = Connect();
    if (!client.ok()) return Fail(ExitCode::kUsage, client.status().message());
    absl::StatusOr<AdminReply> reply =
        method == "GET" ? client->Get(path) : client->Post(path, body);
    if (!reply.ok()) return Fail(ExitCode::kNotReached, reply.status().message());

    absl::StatusOr<std::unique_ptr<Answer>> answer = Answer::Parse(reply->body);
    bool done = reply->code >= 200 && reply->code < 300;
    if (line_.Has(Flag::kJson) && answer.ok()) {
      output_->out = reply->body;
      if (!absl::EndsWith(output_->out, "\n")) output_->out += '\n';
    }
    if (!done) return Refused(*reply, answer.ok() ? answer->get() : nullptr);
    if (!answer.ok()) return NotSpillway(*client, answer.status());
    if (line_.Has(Flag::kJson)) return ExitCode::kDone;
    absl::StatusOr<std::string> text = text_of(**answer);
    if (!text.ok()) return NotSpillway(*client, text.status());
    output_->out = *std::move(text);
    return ExitCode::kDone;
  }

  ExitCode NotSpillway(const AdminClient& client, const absl::Status& status) {
    return Fail(ExitCode::kNotReached,
                absl::StrCat(Printable(client.url()), " does not answer as spillwayd of version ",
                             kVersion, " does: ", status.message()));
  }

  // `answer` is null when the body is not JSON.
  ExitCode Refused(const AdminReply& reply, Answer* answer) {
    std::string error = answer == nullptr ? "" : answer->root()["error"].TextOr("");
    if (error.empty()) error = "the server gave no reason";
    absl::string_view hint;
    if (reply.code == 401) {
      hint = "; name the token with --token_file, $SPILLWAY_TOKEN_FILE or $SPILLWAY_TOKEN";
    } else if (reply.code == 409 && line_.verb() == Verb::kDrain) {
      hint = "; --force overrides this guard";
    }
    ExitCode code = ExitCode::kRefused;
    if (answer != nullptr && reply.code == 422 && line_.verb() == Verb::kReload) {
      code = ExitCode::kPolicyErrors;
      for (const Field& line : answer->root()["diagnostics"].MaybeItems()) {
        absl::StrAppend(&output_->err, DiagnosticLine(line), "\n");
      }
    }
    return Fail(code, absl::StrCat("refused (", reply.code, "): ", error, hint));
  }

  const RunInput& input_;
  const CommandLine& line_;
  RunOutput* output_;
  Paint paint_;
};

}  // namespace

ExitCode Run(const RunInput& input, RunOutput* output) {
  if (input.args.empty()) {
    output->err = *Help("");
    return ExitCode::kUsage;
  }
  absl::StatusOr<CommandLine> line = ParseCommandLine(input.args, input.environment);
  if (!line.ok()) {
    output->err = absl::StrCat("spillway: ", line.status().message(), "\n");
    return ExitCode::kUsage;
  }
  return Session(input, *line, output).Run();
}

}  // namespace spillway::cli
