#include "apps/cli/command_line.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace spillway::cli {
namespace {

absl::StatusOr<CommandLine> Parse(const std::vector<std::string>& args,
                                  const std::map<std::string, std::string>& environment = {}) {
  return ParseCommandLine(args, [&](const char* name) -> std::optional<std::string> {
    auto it = environment.find(name);
    if (it == environment.end()) return std::nullopt;
    return it->second;
  });
}

std::vector<std::string> Words(const char* line) {
  return absl::StrSplit(line, ' ', absl::SkipEmpty());
}

struct RefusedCase {
  const char* what;
  const char* args;
  const char* message;  // without the line that points to help
};

TEST(CommandLine, WrongUsageSaysWhatWouldBeRight) {
  const RefusedCase cases[] = {
      {"no command", "--json", "want a command"},
      {"a command mistyped", "stauts", "unknown command \"stauts\"; did you mean status?"},
      {"a command nobody knows", "frobnicate",
       "unknown command \"frobnicate\"; want one of status, explain, drain, undrain, reload, "
       "check, rehearse, diff, version, help"},
      {"one policy of two", "diff a", "diff wants A B"},
      {"three policies", "diff a b c", "diff takes A B, got also \"c\""},
      {"a seed that is none", "rehearse a --seed x", "--seed: want a whole number, got \"x\""},
      {"a moment that is none", "diff a b --scenario c --at 2",
       "--at: want a duration such as 30m or 2h, got \"2\""},
      {"a flag mistyped", "drain fra1 --wy x", "unknown flag --wy; did you mean --why?"},
      {"a flag with one dash", "status -json", "unknown flag -json; did you mean --json?"},
      {"a flag of another command", "status --force",
       "status does not take --force; it belongs to drain"},
      {"a flag twice", "status --json --json", "--json is given twice"},
      {"a flag without its value", "drain fra1 --why", "--why wants a value: --why TEXT"},
      {"a flag where a value belongs", "drain fra1 --why --force",
       "--why wants a value: --why TEXT"},
      {"a switch with a value", "status --json=yes", "--json takes no value"},
      {"no target", "drain --why x --who y", "drain wants a TARGET"},
      {"two targets", "drain a b --why x", "drain takes one TARGET, got \"a\" and \"b\""},
      {"an argument too many", "status now", "status takes no argument, got \"now\""},
      {"no reason", "drain a --who x",
       "drain wants --why TEXT: the reason, shown by status and explain to whoever looks next"},
      {"nobody", "drain a --why x", "drain wants --who NAME: who does it ($USER is not set)"},
      {"no question", "explain --client 192.0.2.1", "explain wants --name NAME or --url URL"},
      {"two questions", "explain --client 192.0.2.1 --name a --url b",
       "explain wants only one of --name NAME or --url URL"},
      {"no client", "explain --name a",
       "explain wants --client ADDR[/BITS]: the client's address, or the prefix a resolver sends "
       "(EDNS Client Subnet)"},
      {"a client that is none", "explain --client 1.2.3 --name a",
       "--client: want an address such as 198.51.100.7 or 2001:db8::/48, got \"1.2.3\""},
      {"a prefix too long", "explain --client 1.2.3.4/33 --name a",
       "--client: want an address such as 198.51.100.7 or 2001:db8::/48, got \"1.2.3.4/33\""},
      {"a prefix without bits", "explain --client 1.2.3.4/ --name a",
       "--client: want an address such as 198.51.100.7 or 2001:db8::/48, got \"1.2.3.4/\""},
      {"a duration without unit", "drain a --why x --who y --for 30",
       "--for: want a duration such as 30m or 2h, got \"30\""},
      {"no time at all", "drain a --why x --who y --for 0s",
       "--for: want a duration such as 30m or 2h, got \"0s\""},
  };
  for (const RefusedCase& c : cases) {
    absl::StatusOr<CommandLine> line = Parse(Words(c.args));
    ASSERT_FALSE(line.ok()) << c.what;
    std::vector<std::string> lines = absl::StrSplit(line.status().message(), '\n');
    ASSERT_EQ(lines.size(), 2u) << c.what;
    EXPECT_EQ(lines[0], c.message) << c.what;
    EXPECT_EQ(lines[1].substr(0, 18), "see: spillway help") << c.what;
  }
}

TEST(CommandLine, FlagsMayStandAnywhereAndTakeEitherForm) {
  const char* forms[] = {
      "--admin http://[::1]:1 drain fra1 --why x --who=y --token-file t --for 2h --force --json",
      "drain --json --force --for=2h --who y --admin=http://[::1]:1 --why=x --token_file=t fra1",
      "drain --json --force --for=2h --who y --admin=http://[::1]:1 --why=x --token_file=t -- fra1",
  };
  for (const char* form : forms) {
    absl::StatusOr<CommandLine> line = Parse(Words(form));
    ASSERT_TRUE(line.ok()) << form << ": " << line.status();
    EXPECT_EQ(line->verb(), Verb::kDrain);
    EXPECT_EQ(line->operand(), "fra1");
    EXPECT_EQ(line->Get(Flag::kWhy), "x");
    EXPECT_EQ(line->Get(Flag::kWho), "y");
    EXPECT_EQ(line->Get(Flag::kFor), "2h");
    EXPECT_EQ(line->Get(Flag::kAdmin), "http://[::1]:1");
    EXPECT_EQ(line->Get(Flag::kTokenFile), "t");
    EXPECT_TRUE(line->Has(Flag::kForce));
    EXPECT_TRUE(line->Has(Flag::kJson));
  }
}

TEST(CommandLine, TheEnvironmentStandsInForAbsentFlagsOnly) {
  std::map<std::string, std::string> environment = {
      {"USER", "anna"}, {"SPILLWAY_ADMIN", "http://e:1"}, {"SPILLWAY_TOKEN_FILE", "/t"}};
  absl::StatusOr<CommandLine> line = Parse({"undrain", "fra1", "--who", "bert"}, environment);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->Get(Flag::kWho), "bert");
  EXPECT_EQ(line->Get(Flag::kAdmin), "http://e:1");
  EXPECT_EQ(line->Get(Flag::kTokenFile), "/t");
  line = Parse({"status"}, environment);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_FALSE(line->Has(Flag::kWho));
  line = Parse({"status"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->Get(Flag::kAdmin), "http://127.0.0.1:5380");
}

TEST(CommandLine, AskingForHelpAnywhereIsNotWrongUsage) {
  for (const char* form :
       {"--help", "-h", "help", "drain --help", "drain -h --force", "help drain"}) {
    absl::StatusOr<CommandLine> line = Parse(Words(form));
    ASSERT_TRUE(line.ok()) << form << ": " << line.status();
    EXPECT_EQ(line->verb(), Verb::kHelp) << form;
    EXPECT_EQ(line->operand(), std::string(form).find("drain") == std::string::npos ? "" : "drain");
  }
  EXPECT_EQ(Parse({"--version"})->verb(), Verb::kVersion);
}

TEST(CommandLine, ClientsArePastedAsTheyAre) {
  for (const char* client :
       {"198.51.100.7", "198.51.100.7/24", "2001:db8::1", "2001:db8::/48", "0.0.0.0/0"}) {
    EXPECT_TRUE(Parse({"explain", "--client", client, "--name", "a"}).ok()) << client;
  }
}

}  // namespace
}  // namespace spillway::cli
