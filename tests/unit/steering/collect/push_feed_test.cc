#include "steering/collect/push_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "steering/feed/batch_parser.h"

namespace spillway {
namespace {

using ::testing::HasSubstr;

constexpr absl::string_view kToken = "s3cret-of-fra1-agent";

std::shared_ptr<const Policy> OneTarget() {
  auto policy = std::make_shared<Policy>();
  policy->targets.emplace_back();
  policy->targets.back().name = "fra1";
  return policy;
}

class PushFeedTest : public ::testing::Test {
 protected:
  PushFeedTest()
      : table_(OneTarget()),
        push_({{"fra1-agent", std::string(kToken)}, {"noc", "another-token-here"}}, &table_,
              &clock_) {}

  std::string Row(absl::string_view target, int sequence) {
    return absl::StrCat(R"({"target":")", target, R"(","measured_at":)",
                        absl::ToUnixSeconds(clock_.Now()), R"(,"sequence":)", sequence,
                        R"(,"resources":{"sessions":{"current":5}}})");
  }
  std::string Batch(absl::string_view rows) { return absl::StrCat(R"({"samples":[)", rows, "]}"); }
  PushFeed::Reply Post(absl::string_view body) {
    return push_.Post(absl::StrCat("Bearer ", kToken), body);
  }

  ManualClock clock_;
  FeedTable table_;
  PushFeed push_;
};

TEST_F(PushFeedTest, AcceptsABatchAndSaysHowMany) {
  PushFeed::Reply reply = Post(Batch(Row("fra1", 1)));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"accepted":1,"unchanged":0,"held":[],"refused":[]})");
  EXPECT_EQ(table_.Snapshot(clock_.Now()).targets[0].source, "fra1-agent");
}

TEST_F(PushFeedTest, NamesTheRowsItRefuses) {
  PushFeed::Reply reply = Post(Batch(absl::StrCat(Row("fra1", 1), ",", Row("fra9", 1), ",{}")));
  EXPECT_EQ(reply.status, 200);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_FALSE(parser.parse(reply.body).get(root)) << reply.body;
  EXPECT_EQ(root["accepted"].get_uint64().value_unsafe(), 1u);
  EXPECT_EQ(root.at_pointer("/refused/0/row").get_uint64().value_unsafe(), 1u);
  EXPECT_EQ(root.at_pointer("/refused/0/target").get_string().value_unsafe(), "fra9");
  EXPECT_EQ(root.at_pointer("/refused/1/code").get_string().value_unsafe(), "missing_key");
}

TEST_F(PushFeedTest, AnswersWithTheStatusThatFits) {
  std::string good = Batch(Row("fra1", 1));
  std::string bearer = absl::StrCat("Bearer ", kToken);
  struct Case {
    absl::string_view name;
    std::string authorization, body;
    int status;
    absl::string_view says;
  };
  const Case kCases[] = {
      {"no authorization", "", good, 401, "Bearer"},
      {"another scheme", absl::StrCat("Basic ", kToken), good, 401, "Bearer"},
      {"unknown token", "Bearer s3cret-of-fra1-agenT", good, 401, "a token we know"},
      {"empty token", "Bearer ", good, 401, "a token we know"},
      {"prefix of a token", "Bearer s3cret-of", good, 401, "a token we know"},
      {"scheme in lower case", absl::StrCat("bearer ", kToken), good, 200, "\"accepted\":1"},
      {"speaks for another", bearer, R"({"source":"noc","samples":[]})", 403, "got \\\"noc\\\""},
      {"speaks for itself", bearer, R"({"source":"fra1-agent","samples":[]})", 200,
       "\"accepted\":0"},
      {"half a batch", bearer, good.substr(0, 20), 400, "1:"},
      {"not a batch", bearer, "[]", 400, "want an object"},
      {"too large", bearer, std::string(kBatchSizeMax + 1, ' '), 413, "want at most"},
      {"only bad rows", bearer, Batch("{},7"), 422, "missing_key"},
  };
  for (const Case& c : kCases) {
    PushFeed::Reply reply = push_.Post(c.authorization, c.body);
    EXPECT_EQ(reply.status, c.status) << c.name << ": " << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(std::string(c.says))) << c.name;
    EXPECT_EQ(reply.body.find(std::string(kToken)), std::string::npos) << c.name;
  }
  MetricsWriter writer;
  push_.WriteMetrics(&writer);
  EXPECT_THAT(writer.text(), HasSubstr("spillway_feed_pushes_total{status=\"401\"} 5\n"));
  EXPECT_THAT(writer.text(), HasSubstr("spillway_feed_pushes_total{status=\"200\"} 2\n"));
}

TEST_F(PushFeedTest, AFloodIsTurnedAwayWithoutParsing) {
  std::string rubbish;
  for (size_t i = 0; i < kBatchRowsMax; ++i) absl::StrAppend(&rubbish, i == 0 ? "" : ",", "{}");
  rubbish = Batch(rubbish);
  EXPECT_EQ(Post(rubbish).status, 422);
  EXPECT_EQ(Post(rubbish).status, 422);
  EXPECT_EQ(Post(rubbish).status, 429);
  EXPECT_EQ(push_.Post("Bearer another-token-here", Batch(Row("fra1", 1))).status, 200)
      << "others are not starved";
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Post(Batch(Row("fra1", 1))).status, 200);
}

TEST_F(PushFeedTest, TokensCanBeChangedWhileServing) {
  push_.SetTokens({{"fra1-agent", "the-next-token-of-fra1"}});
  EXPECT_EQ(Post(Batch(Row("fra1", 1))).status, 401);
  EXPECT_EQ(push_.Post("Bearer the-next-token-of-fra1", Batch(Row("fra1", 1))).status, 200);
}

TEST(FeedTokens, AreReadFromLines) {
  auto tokens = ParseFeedTokens(
      "# who may push\n\nfra1-agent  0123456789abcdef\r\nnoc\t0123456789abcdeg\n", "tokens");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  ASSERT_EQ(tokens->size(), 2u);
  EXPECT_EQ((*tokens)[1].name, "noc");
  EXPECT_EQ((*tokens)[0].token, "0123456789abcdef");
}

TEST(FeedTokens, NameEveryFaultAndShowNoToken) {
  auto tokens = ParseFeedTokens(
      "a short\nb\nbad/name 0123456789abcdef\nc 0123456789abcdef\nd 0123456789abcdef", "f");
  EXPECT_EQ(tokens.status().message(),
            "f:1: token of \"a\": want 16 to 256 characters, got 5\n"
            "f:2: want `name token`\n"
            "f:3: name: want 1 to 64 letters, digits or any of . _ : -\n"
            "f:5: the token of \"c\" is given again");
  EXPECT_FALSE(ParseFeedToken("no-equals-sign").ok());
  EXPECT_EQ(ParseFeedToken("noc=0123456789abcdef=")->token, "0123456789abcdef=");
}

}  // namespace
}  // namespace spillway
