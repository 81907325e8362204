// tests/unit/sim/scenario/reference_test.cc -- the scenario language and its page agree.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "policies/schema.h"
#include "policies/schema_check.h"
#include "policies/text_check.h"
#include "policies/yaml.h"
#include "sim/scenario/scenario_schema.h"

namespace spillway::sim {
namespace {

using policies::FieldSpec;
using policies::Node;
using policies::ObjectSpec;
using policies::Type;

TEST(ScenarioReference, IsTheOneInDocs) {
  const std::string path = absl::StrCat(SPILLWAY_SOURCE_DIR, "/docs/SCENARIOS.md");
  const std::string page = ScenarioReferenceMarkdown();
  if (std::getenv("SPILLWAY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(path, page).ok());
  }
  absl::StatusOr<std::string> docs = ReadFile(path);
  ASSERT_TRUE(docs.ok()) << docs.status();
  EXPECT_EQ(*docs, page)
      << "docs/SCENARIOS.md is stale: SPILLWAY_UPDATE_GOLDEN=1 scenario_reference_test";
}

TEST(ScenarioSchema, ExplainsAndBoundsEveryKey) {
  auto check = [](const ObjectSpec& object) {
    for (const FieldSpec& field : object.fields) {
      const std::string key = absl::StrCat(object.name, ".", field.key);
      EXPECT_TRUE(absl::EndsWith(field.doc, ".")) << key;
      const bool bounded = field.type >= Type::kBitrate && field.type <= Type::kInteger;
      EXPECT_EQ(!field.bounds.empty(), bounded) << key;
      if (field.def.empty()) continue;
      const policies::ScalarResult parsed = policies::ParseScalar(field.type, field.def);
      ASSERT_TRUE(parsed.value.has_value()) << key;
      if (std::optional<double> number = policies::Magnitude(*parsed.value)) {
        EXPECT_GE(*number, field.min) << key;
        EXPECT_LE(*number, field.max) << key;
      }
    }
  };
  check(ScenarioSchema());
  for (const ObjectSpec* object : ScenarioObjects()) check(*object);
}

TEST(ScenarioSchema, ShowsExamplesThatPassItsOwnCheck) {
  for (const ObjectSpec* object : ScenarioObjects()) {
    policies::Diagnostics diagnostics({std::string(object->name)});
    ASSERT_TRUE(policies::CheckText(0, object->example, &diagnostics)) << object->name;
    std::optional<Node> tree = policies::ParseYaml(0, object->example, &diagnostics);
    ASSERT_TRUE(tree.has_value()) << object->name;
    // An example is the object itself, or the key that holds it.
    const FieldSpec* holder =
        tree->members.size() == 1 ? ScenarioSchema().Find(tree->members[0].key.text) : nullptr;
    if (holder == nullptr && object->Find(tree->members[0].key.text) == nullptr)
      continue;  // policy's
    const ObjectSpec alone{"example", "", absl::MakeConstSpan(holder, holder != nullptr), ""};
    policies::CheckSchema(holder != nullptr ? alone : *object, "", &*tree, &diagnostics);
    for (const Diagnostic& d : diagnostics.Take()) ADD_FAILURE() << d.ToString();
  }
}

}  // namespace
}  // namespace spillway::sim
