#include "apps/cli/run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "fake_admin.h"

namespace spillway::cli {
namespace {

struct Result {
  ExitCode code;
  std::string out, err;
};

Result RunWith(std::vector<std::string> args, std::map<std::string, std::string> environment = {},
               bool terminal = false) {
  RunInput input{.args = std::move(args), .terminal = terminal, .timeout = absl::Milliseconds(300)};
  input.environment = [&](const char* name) -> std::optional<std::string> {
    auto it = environment.find(name);
    if (it == environment.end()) return std::nullopt;
    return it->second;
  };
  RunOutput output;
  ExitCode code = Run(input, &output);
  return {code, output.out, output.err};
}

constexpr char kDrained[] = R"({"target":"fra1","until":null})";

TEST(Run, NoArgumentsAreWrongUsageAndShowTheHelp) {
  Result result = RunWith({});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(absl::StrContains(result.err, "usage: spillway COMMAND"));
}

TEST(Run, HelpAndVersionNeedNoServer) {
  EXPECT_EQ(RunWith({"help", "exit-codes"}).code, ExitCode::kDone);
  EXPECT_EQ(RunWith({"help", "nonsense"}).code, ExitCode::kUsage);
  EXPECT_TRUE(absl::StartsWith(RunWith({"version"}).out, "spillway 0."));
  EXPECT_TRUE(absl::StartsWith(RunWith({"version", "--json"}).out, "{\"version\":\"0."));
}

TEST(Run, NobodyListeningIsNotReached) {
  UniqueFd bound(
      socket(AF_INET, SOCK_STREAM, 0));  // bound, not listening: refused, and nobody else's
  sockaddr_in address{.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(bound.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(bound.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::string url = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
  Result result = RunWith({"status", "--admin", url});
  EXPECT_EQ(result.code, ExitCode::kNotReached);
  EXPECT_EQ(result.err, absl::StrCat("spillway: ", url,
                                     ": connection refused or no route; is spillwayd "
                                     "running, and is --admin right?\n"));
}

TEST(Run, ASilentServerIsNotReachedWithinTheTimeout) {
  FakeAdmin server(200, "{}", FakeAdmin::Mood::kSilent);
  Result result = RunWith({"status", "--admin", server.url()});
  EXPECT_EQ(result.code, ExitCode::kNotReached);
  EXPECT_TRUE(absl::StrContains(result.err, "no answer within 300ms")) << result.err;
}

TEST(Run, AServerThatHangsUpIsNotReached) {
  FakeAdmin server(200, "{}", FakeAdmin::Mood::kHangsUp);
  EXPECT_EQ(RunWith({"status", "--admin", server.url()}).code, ExitCode::kNotReached);
}

TEST(Run, AnswersThatAreNotSpillwaydsAreNamed) {
  for (const char* body :
       {"<html>", "{}", "[]", R"({"targets":[{"name":3}]})", R"({"targets":{}})"}) {
    FakeAdmin server(200, body);
    Result result = RunWith({"status", "--admin", server.url()});
    EXPECT_EQ(result.code, ExitCode::kNotReached) << body;
    EXPECT_EQ(result.out, "") << body;
    EXPECT_TRUE(absl::StrContains(result.err, "does not answer as spillwayd")) << result.err;
    EXPECT_TRUE(absl::StrContains(result.err, "want ")) << result.err;
  }
}

struct RefusalCase {
  const char* what;
  int code;
  const char* body;
  std::vector<std::string> args;
  ExitCode exit;
  const char* err;
};

TEST(Run, RefusalsCarryTheServersReasonAndTheWayOut) {
  const std::vector<std::string> drain = {"drain", "fra1", "--why", "x", "--who", "y"};
  const RefusalCase cases[] = {
      {"no token",
       401,
       R"({"error":"want a bearer token"})",
       {"status"},
       ExitCode::kRefused,
       "spillway: refused (401): want a bearer token; name the token with --token_file, "
       "$SPILLWAY_TOKEN_FILE or $SPILLWAY_TOKEN\n"},
      {"unknown target", 404, R"({"error":"no target fra1; did you mean fra2?"})", drain,
       ExitCode::kRefused, "spillway: refused (404): no target fra1; did you mean fra2?\n"},
      {"too much out", 409, R"({"error":"41% would be out, at most 30%"})", drain,
       ExitCode::kRefused,
       "spillway: refused (409): 41% would be out, at most 30%; --force overrides this guard\n"},
      {"not even JSON",
       502,
       "Bad Gateway",
       {"reload"},
       ExitCode::kRefused,
       "spillway: refused (502): the server gave no reason\n"},
      {"an error that is no text",
       500,
       R"({"error":{}})",
       {"status"},
       ExitCode::kRefused,
       "spillway: refused (500): the server gave no reason\n"},
      {"a bad policy",
       422,
       R"({"error":"not loaded; version 0123456789abcdef keeps serving","diagnostics":["a.yaml:1:2: error: x"]})",
       {"reload"},
       ExitCode::kPolicyErrors,
       "a.yaml:1:2: error: x\n"
       "spillway: refused (422): not loaded; version 0123456789abcdef keeps serving\n"},
  };
  for (const RefusalCase& c : cases) {
    FakeAdmin server(c.code, c.body);
    std::vector<std::string> args = c.args;
    args.insert(args.end(), {"--admin", server.url()});
    Result result = RunWith(args);
    EXPECT_EQ(result.code, c.exit) << c.what;
    EXPECT_EQ(result.err, c.err) << c.what;
    EXPECT_EQ(result.out, "") << c.what;
  }
}

TEST(Run, DrainSendsWhatWasSaid) {
  FakeAdmin server(200, kDrained);
  Result result = RunWith({"drain", "fra1", "--why", "it's \"dark\"", "--for", "30m", "--force",
                           "--admin", server.url()},
                          {{"USER", "anna"}, {"SPILLWAY_TOKEN", "s3cret"}});
  EXPECT_EQ(result.code, ExitCode::kDone) << result.err;
  ASSERT_EQ(server.requests().size(), 1u);
  std::string request = server.requests()[0];
  EXPECT_TRUE(absl::StartsWith(request, "POST /v1/drain HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(absl::StrContains(request, "\r\nAuthorization: Bearer s3cret\r\n")) << request;
  EXPECT_TRUE(absl::EndsWith(request,
                             "\r\n\r\n{\"target\":\"fra1\",\"who\":\"anna\",\"why\":\"it's "
                             "\\\"dark\\\"\",\"for\":\"30m\",\"force\":true}"))
      << request;
}

TEST(Run, ExplainEscapesTheQuestion) {
  FakeAdmin server(200, "{}");
  RunWith({"explain", "--client", "2001:db8::/48", "--url", "http://a/b?c=d&e=f#g", "--admin",
           absl::StrCat(server.url(), "/")});
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_TRUE(
      absl::StartsWith(server.requests()[0],
                       "GET /v1/explain?client=2001%3Adb8%3A%3A%2F48&url=http%3A%2F%2Fa%2Fb%3Fc%3Dd"
                       "%26e%3Df%23g HTTP/1.1\r\n"))
      << server.requests()[0];
}

TEST(Run, JsonComesAsTheServerSentIt) {
  const std::string body = "{ \"anything\" : [1,  2] }";
  FakeAdmin server(200, body);
  Result result = RunWith({"status", "--json", "--admin", server.url()}, {}, /*terminal=*/true);
  EXPECT_EQ(result.code, ExitCode::kDone);
  EXPECT_EQ(result.out, body + "\n");
}

TEST(Run, RefusalsInJsonStillFail) {
  FakeAdmin server(404, R"({"error":"no target x"})");
  Result result = RunWith({"undrain", "x", "--who", "y", "--json", "--admin", server.url()});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_EQ(result.out, "{\"error\":\"no target x\"}\n");
  EXPECT_EQ(result.err, "spillway: refused (404): no target x\n");
}

TEST(Run, ColourIsForTerminalsWithoutNoColor) {
  FakeAdmin server(200, kDrained);
  std::vector<std::string> args = {"drain", "fra1", "--why",   "x",
                                   "--who", "y",    "--admin", server.url()};
  EXPECT_TRUE(absl::StrContains(RunWith(args, {}, true).out, "\x1b["));
  EXPECT_FALSE(absl::StrContains(RunWith(args, {}, false).out, "\x1b["));
  EXPECT_FALSE(absl::StrContains(RunWith(args, {{"NO_COLOR", "1"}}, true).out, "\x1b["));
}

TEST(Run, TokensComeFromTheirFile) {
  FakeAdmin server(200, kDrained);
  std::string path = absl::StrCat(testing::TempDir(), "/cli_token");
  std::vector<std::string> args = {"drain",   "a",          "--why",        "x", "--who", "y",
                                   "--admin", server.url(), "--token_file", path};
  const std::pair<const char*, const char*> files[] = {
      {"plain\n", "plain"}, {"# ours\n\n  admin:abc=  \nother:z\n", "abc="}};
  for (const auto& [text, token] : files) {
    ASSERT_TRUE(WriteFileAtomically(path, text).ok());
    EXPECT_EQ(RunWith(args, {{"SPILLWAY_TOKEN", "unused"}}).code, ExitCode::kDone);
    EXPECT_TRUE(absl::StrContains(server.requests().back(),
                                  absl::StrCat("Authorization: Bearer ", token, "\r\n")));
  }
  size_t asked = server.requests().size();
  for (const char* text : {"", "# nothing\n", "a b\n"}) {
    ASSERT_TRUE(WriteFileAtomically(path, text).ok());
    EXPECT_EQ(RunWith(args).code, ExitCode::kUsage) << text;
  }
  std::filesystem::remove(path);
  EXPECT_EQ(RunWith(args).code, ExitCode::kUsage);
  EXPECT_EQ(server.requests().size(), asked);
}

TEST(Run, ADirectoryThatIsNotThereIsAPolicyError) {
  Result result = RunWith({"check", "/nonexistent/policy"});
  EXPECT_EQ(result.code, ExitCode::kPolicyErrors);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(absl::StartsWith(result.err, "/nonexistent/policy: error: ")) << result.err;
  EXPECT_TRUE(absl::EndsWith(result.err, "refused: 1 error\n")) << result.err;
}

}  // namespace
}  // namespace spillway::cli
