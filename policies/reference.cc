#include "policies/reference.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace spillway {
namespace {

using policies::FieldSpec;
using policies::ObjectSpec;
using policies::ReferencePage;
using policies::Shape;
using policies::Type;

constexpr absl::string_view kHead = R"(# The policy language

Made from `policies/schema*.cc` by `SPILLWAY_UPDATE_GOLDEN=1 policies_reference_test`, which also
holds the two together: edit the schema, not this page.

A policy is a directory of YAML files. All files that end in `.yaml` are one policy: their
sections are merged, and the same name in two files is an error. Loading is all or nothing: with
any error the running version stays. Every error is reported at once, as `file:line:column: error:
what; want ..., got ...; did you mean "..."?`. Warnings refuse nothing.

What is written is what is meant:

- Units are written out: `400 Gbps`, `2000/s`, `80k`, `30s`, `85%`. A number without its unit is
  an error.
- Plain words are text: `NO` is Norway, and nothing turns `yes`, `off`, `010`, `1e3` or `0x1f`
  into something else. A switch is written `on` or `off`, and no other way.
- Unknown keys, duplicate keys and names that nothing declares are errors.
- Anchors, aliases, tags, merge keys, multi-line text, tabs and several documents in a file are
  refused: a change must show where it acts.
- Quote what begins with `*`, and IPv6 addresses. Regular expressions stand best in single quotes.

Shipped policies to begin with are in `policies/library/`.

## Sections

A file holds any of these; the policy as a whole needs `targets` and `services`.
)";

std::string LinkTo(const ObjectSpec& object) {
  return absl::StrCat("[", object.name, "](#", absl::StrReplaceAll(object.name, {{" ", "-"}}), ")");
}

std::string TypeText(const FieldSpec& field) {
  std::string one =
      field.type == Type::kObject ? LinkTo(*field.object) : std::string(TypeName(field.type));
  switch (field.shape) {
    case Shape::kOne:
      return one;
    case Shape::kList:
      return absl::StrCat("list of ", one);
    case Shape::kMap:
      return absl::StrCat("map of ",
                          field.key_type == Type::kText ? "name" : TypeName(field.key_type), " to ",
                          one);
    case Shape::kOneOrMap:
      return absl::StrCat(one, " or ", LinkTo(*field.object));
  }
  return one;
}

std::string DefaultText(const FieldSpec& field) {
  if (field.required) return "required";
  if (!field.def_words.empty()) return std::string(field.def_words);
  return field.def.empty() ? "" : absl::StrCat("`", field.def, "`");
}

std::string Cell(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

void AppendFields(const ObjectSpec& object, std::string* out) {
  absl::StrAppend(out, "\n| key | value | default | range | meaning |\n|---|---|---|---|---|\n");
  for (const FieldSpec& field : object.fields) {
    absl::StrAppend(out, "| `", field.key, "` | ", Cell(TypeText(field)), " | ",
                    Cell(DefaultText(field)), " | ", Cell(field.bounds), " | ", Cell(field.doc),
                    " |\n");
  }
}

// The kinds of value that any of the fields takes, each with how it is written.
void AppendTypes(const ReferencePage& page, std::string* out) {
  bool used[static_cast<int>(Type::kObject) + 1] = {};
  auto use = [&](const ObjectSpec& object) {
    for (const FieldSpec& field : object.fields) {
      used[static_cast<int>(field.type)] = true;
      if (field.shape == Shape::kMap) used[static_cast<int>(field.key_type)] = true;
    }
  };
  use(*page.root);
  for (const ObjectSpec* object : page.objects) use(*object);
  absl::StrAppend(out, "\n## Values\n\n| value | written as |\n|---|---|\n");
  for (int i = 0; i < static_cast<int>(Type::kObject); ++i) {
    const Type type = static_cast<Type>(i);
    if (used[i] && type != Type::kText)
      absl::StrAppend(out, "| ", Cell(TypeName(type)), " | ", Cell(TypeWanted(type)), " |\n");
  }
}

}  // namespace

std::string policies::ReferenceMarkdown(const ReferencePage& page) {
  std::string out(page.head);
  AppendFields(*page.root, &out);
  for (const ObjectSpec* object : page.objects) {
    absl::StrAppend(&out, "\n## ", object->name, "\n\n", object->doc, "\n\n```yaml\n",
                    object->example, "\n```\n");
    AppendFields(*object, &out);
  }
  AppendTypes(page, &out);
  return out;
}

std::string PolicyReferenceMarkdown() {
  return policies::ReferenceMarkdown(
      {.head = kHead, .root = &policies::PolicySchema(), .objects = policies::AllObjects()});
}

}  // namespace spillway
