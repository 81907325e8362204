#include "policies/reference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "policies/schema.h"
#include "policies/schema_check.h"
#include "policies/text_check.h"
#include "policies/yaml.h"

namespace spillway::policies {
namespace {

TEST(PolicyReference, IsTheOneInDocs) {
  const std::string path = std::string(SPILLWAY_SOURCE_DIR) + "/docs/POLICY.md";
  const std::string page = PolicyReferenceMarkdown();
  if (std::getenv("SPILLWAY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(path, page).ok());
  }
  absl::StatusOr<std::string> docs = ReadFile(path);
  ASSERT_TRUE(docs.ok()) << docs.status();
  EXPECT_EQ(*docs, page)
      << "docs/POLICY.md is stale: SPILLWAY_UPDATE_GOLDEN=1 policies_reference_test";
}

TEST(PolicySchema, ExplainsEveryKeyInASentence) {
  for (const ObjectSpec* object : AllObjects()) {
    for (const FieldSpec& field : object->fields) {
      EXPECT_TRUE(absl::EndsWith(field.doc, ".")) << object->name << "." << field.key;
      EXPECT_TRUE(absl::ascii_isupper(field.doc[0]) || field.doc[0] == '`')
          << object->name << "." << field.key;
    }
  }
}

TEST(PolicySchema, BoundsWhatHasAMagnitude) {
  for (const ObjectSpec* object : AllObjects()) {
    for (const FieldSpec& field : object->fields) {
      bool bounded = field.type >= Type::kBitrate && field.type <= Type::kInteger;
      EXPECT_EQ(!field.bounds.empty(), bounded || field.type == Type::kAsn)
          << object->name << "." << field.key;
      if (bounded) {
        EXPECT_LE(field.min, field.max) << field.key;
      }
    }
  }
}

TEST(PolicySchema, HasDefaultsThatItsOwnParserAcceptsAndRangesAllow) {
  for (const ObjectSpec* object : AllObjects()) {
    for (const FieldSpec& field : object->fields) {
      if (field.def.empty()) continue;
      ScalarResult parsed = ParseScalar(field.type, field.def);
      ASSERT_TRUE(parsed.value.has_value()) << object->name << "." << field.key;
      if (std::optional<double> number = Magnitude(*parsed.value)) {
        EXPECT_GE(*number, field.min) << field.key;
        EXPECT_LE(*number, field.max) << field.key;
      }
    }
  }
}

// The fields whose key the example shows, wherever in the schema they are.
const FieldSpec* FindAnywhere(const std::string& key) {
  if (const FieldSpec* field = PolicySchema().Find(key)) return field;
  for (const ObjectSpec* object : AllObjects()) {
    if (const FieldSpec* field = object->Find(key)) return field;
  }
  return nullptr;
}

TEST(PolicySchema, ShowsExamplesThatPassItsOwnCheck) {
  for (const ObjectSpec* object : AllObjects()) {
    Diagnostics diagnostics({std::string(object->name)});
    ASSERT_TRUE(CheckText(0, object->example, &diagnostics)) << diagnostics.Take()[0].ToString();
    std::optional<Node> tree = ParseYaml(0, object->example, &diagnostics);
    ASSERT_TRUE(tree.has_value() && tree->members.size() == 1) << object->name;
    const FieldSpec* field = FindAnywhere(tree->members[0].key.text);
    ASSERT_NE(field, nullptr) << object->name;
    ObjectSpec alone{"example", "", absl::MakeConstSpan(field, 1), ""};
    CheckSchema(alone, "", &*tree, &diagnostics);
    for (const Diagnostic& d : diagnostics.Take()) ADD_FAILURE() << d.ToString();
  }
}

}  // namespace
}  // namespace spillway::policies
