#include "policies/text_check.h"

#include <gtest/gtest.h>

#include <string>

#include "policies/diagnostic.h"
#include "policies/yaml.h"

namespace spillway::policies {
namespace {

struct Row {
  const char* what;
  std::string text;
  std::string want;  // "line:column: message", of the first fault; "" = none
};

std::string FirstFault(const std::string& text) {
  Diagnostics diagnostics({"f"});
  bool good = CheckText(0, text, &diagnostics);
  std::vector<Diagnostic> found = diagnostics.Take();
  EXPECT_EQ(good, found.empty());
  if (found.empty()) return "";
  return std::to_string(found[0].line) + ":" + std::to_string(found[0].column) + ": " +
         found[0].message;
}

TEST(TextCheck, NamesTheFaultAndItsPlace) {
  const Row kRows[] = {
      {"plain map", "a: 1\nb: [c, 'd', \"e\"]\n", ""},
      {"comment with a quote, a bracket and a tab", "a: 1 # don't {\t\n", ""},
      {"quote inside plain text", "a: don't\n", ""},
      {"hash inside plain text", "a: b#c\n", ""},
      {"doubled single quote", "a: 'it''s'\n", ""},
      {"escaped double quote", "a: \"x\\\"y\"\n", ""},
      {"flow over lines", "a: [b,\n  c]\n", ""},
      {"nested list dashes", "a:\n  - - b\n", ""},
      {"one document mark in front", "# c\n---\na: 1\n", ""},
      {"star inside text", "a: b*c\n", ""},
      {"colon inside text", "a: http://x/y\n", ""},
      {"json style", "{\"a\":1,\"b\":[2]}\n", ""},
      {"not UTF-8", "a: \xc3(\n", "1:4: not UTF-8 text; got byte c3"},
      {"overlong UTF-8", "a: \xc0\xaf\n", "1:4: not UTF-8 text; got byte c0"},
      {"byte 04 ends yaml-cpp's input", "a: 1\n\x04: 2\n", "2:1: control character; got byte 04"},
      {"nul", std::string("a: \0", 4), "1:4: control character; got byte 00"},
      {"lone carriage return", "a: 1\rb: 2\n", "1:5: control character; got byte 0d"},
      {"unclosed double quote", "a: \"x\nb: 1\n",
       "1:4: the string opened by this \" is not closed on its line"},
      {"unclosed single quote after a doubled one", "a: 'x''\n",
       "1:4: the string opened by this ' is not closed on its line"},
      {"quote that ends in an escape", "a: \"x\\\"\n",
       "1:4: the string opened by this \" is not closed on its line"},
      {"unclosed bracket at the end", "a: [b\n", "1:4: this [ is never closed"},
      {"unclosed bracket before a section", "a: {b: [c\nd: 1\n",
       "1:4: this { is not closed before line 2"},
      {"wrong bracket", "a: [b}\n", "1:6: this } does not close the [ opened at 1:4"},
      {"bracket too many", "a: b}\nc: [d]]\n", "2:7: this ] closes nothing"},
      {"block scalar", "a: |\n  b\n",
       "1:4: text over several lines is not used in policies; got \"|\""},
      {"folded scalar", "a: >-\n  b\n",
       "1:4: text over several lines is not used in policies; got \">-\""},
      {"second document", "a: 1\n---\nb: 1\n",
       "2:1: a policy file is one YAML document; want a second file in the same directory, got "
       "\"---\""},
      {"end of document", "a: 1\n...\n",
       "2:1: a policy file is one YAML document; want a second file in the same directory, got "
       "\"...\""},
      {"tab between key and value", "a:\tb\n",
       "1:3: a tab, whose width nobody can see; want spaces"},
      {"complex key", "? a\n: b\n", "1:1: an unquoted ? begins a YAML complex key; keys are names"},
      {"directive", "%YAML 1.1\n",
       "1:1: YAML reserves this character at the start of a value; want '%YAML 1.1' in quotes"},
      {"text after a quote", "a: 'b'c\n",
       "1:7: text right after a closing quote; want a string that ends at its second ', got "
       "\"'b'c\""},
  };
  for (const Row& row : kRows) EXPECT_EQ(FirstFault(row.text), row.want) << row.what;
}

TEST(TextCheck, StopsAtItsDepth) {
  EXPECT_EQ(FirstFault("a: " + std::string(kTextDepthMax, '[') + std::string(kTextDepthMax, ']')),
            "");
  EXPECT_EQ(FirstFault("a: " + std::string(40, '[') + std::string(40, ']')),
            "1:36: more than 32 brackets inside each other");
}

Node Parse(const std::string& text) {
  Diagnostics diagnostics({"f"});
  EXPECT_TRUE(CheckText(0, text, &diagnostics));
  std::optional<Node> root = ParseYaml(0, text, &diagnostics);
  for (const Diagnostic& d : diagnostics.Take()) ADD_FAILURE() << d.ToString();
  return root.value_or(Node());
}

TEST(Yaml, KeepsPlainScalarsAsText) {
  const char* const kTexts[] = {
      "no",    "NO", "yes",  "off",      "010", "0x1f", "1e3",
      "1_000", "~",  "null", "12:30:45", "=",   ".inf", "2026-12-25T17:00Z"};
  for (const char* text : kTexts) {
    Node root = Parse(std::string("a: ") + text + "\n");
    const Node* a = root.Find("a");
    ASSERT_NE(a, nullptr) << text;
    EXPECT_EQ(a->text, text);
    EXPECT_FALSE(a->quoted);
    EXPECT_EQ(a->place, (Place{0, 1, 4}));
  }
}

TEST(Yaml, TellsNothingFromQuotedNothing) {
  EXPECT_EQ(Parse("a:\n").Find("a")->kind, Node::Kind::kEmpty);
  EXPECT_EQ(Parse("a: ''\n").Find("a")->kind, Node::Kind::kScalar);
}

TEST(Yaml, MarksEveryNodeWithLineAndColumn) {
  Node root = Parse("a:\n  - {b: 'c'}\n");
  const Node& item = root.Find("a")->items[0];
  EXPECT_EQ(item.place, (Place{0, 2, 5}));
  EXPECT_EQ(item.members[0].key.place, (Place{0, 2, 6}));
  EXPECT_EQ(item.members[0].value.place, (Place{0, 2, 9}));
  EXPECT_TRUE(item.members[0].value.quoted);
}

TEST(Yaml, RefusesDuplicateKeysAndDeepTrees) {
  Diagnostics diagnostics({"f"});
  ASSERT_TRUE(ParseYaml(0, "a: {b: 1, b: 2}\n", &diagnostics).has_value());
  EXPECT_EQ(diagnostics.Take()[0].message, "\"b\" is given twice; the first is at f:1:5");
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  ParseYaml(0, deep, &diagnostics);
  EXPECT_EQ(diagnostics.Take()[0].message, "more than 32 levels inside each other");
}

}  // namespace
}  // namespace spillway::policies
