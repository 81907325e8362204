#include "policies/loader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strings.h"
#include "policies/compile.h"
#include "policies/invariants.h"
#include "policies/schema.h"
#include "policies/schema_check.h"
#include "policies/text_check.h"
#include "policies/yaml.h"

namespace spillway {
namespace {

using policies::Diagnostics;
using policies::Node;

// Sizes are hashed too, so that text cannot wander from one file into the next unnoticed.
std::string Version(const std::vector<PolicyFile>& files) {
  uint64_t hash = StableHash("spillway policy");
  for (const PolicyFile& file : files) {
    hash = CombineHash(hash, StableHash(file.name));
    hash = CombineHash(hash, file.text.size());
    hash = CombineHash(hash, StableHash(file.text));
  }
  return absl::StrFormat("%016x", hash);
}

bool CheckLimits(const std::vector<PolicyFile>& files, Diagnostics* diagnostics) {
  size_t bytes = 0;
  for (const PolicyFile& file : files) bytes += file.text.size();
  if (files.empty()) {
    diagnostics->Error({},
                       {.what = "no policy here", .want = "at least one file that ends in .yaml"});
  } else if (files.size() > kPolicyFilesMax) {
    diagnostics->Error({}, {.what = "too many files",
                            .want = absl::StrCat("at most ", kPolicyFilesMax),
                            .got = absl::StrCat(files.size())});
  } else if (bytes > kPolicyBytesMax) {
    diagnostics->Error(
        {}, {.what = "too much text",
             .want = absl::StrCat("at most ", kPolicyBytesMax >> 20, " MiB in all files"),
             .got = absl::StrCat(bytes, " bytes")});
  } else {
    return true;
  }
  return false;
}

// Moves the members of `from` into `to`; maps one level below the root are merged, too.
void Merge(Node from, int levels, Node* to, Diagnostics* diagnostics) {
  StringMap<size_t> known;
  for (size_t i = 0; i < to->members.size(); ++i) known.emplace(to->members[i].key.text, i);
  for (Node::Member& member : from.members) {
    auto [it, fresh] = known.emplace(member.key.text, to->members.size());
    if (fresh) {
      to->members.push_back(std::move(member));
      continue;
    }
    Node::Member& first = to->members[it->second];
    bool maps = first.value.kind == Node::Kind::kMap && member.value.kind == Node::Kind::kMap;
    if (levels > 1 && maps) {
      Merge(std::move(member.value), levels - 1, &first.value, diagnostics);
    } else {
      diagnostics->Error(member.key.place,
                         {.what = absl::StrCat(policies::Quoted(member.key.text),
                                               " is given in two files; the first is at ",
                                               diagnostics->Describe(first.key.place))});
    }
  }
}

std::optional<Policy> Load(const std::vector<PolicyFile>& files, Diagnostics* diagnostics) {
  if (!CheckLimits(files, diagnostics)) return std::nullopt;
  Node root;
  root.kind = Node::Kind::kMap;
  bool readable = true;
  for (size_t i = 0; i < files.size(); ++i) {
    int file = static_cast<int>(i);
    absl::string_view text = files[i].text;
    absl::ConsumePrefix(&text, "\xef\xbb\xbf");  // the byte order mark that some editors write
    std::optional<Node> tree;
    if (policies::CheckText(file, text, diagnostics))
      tree = policies::ParseYaml(file, text, diagnostics);
    readable &= tree.has_value();
    if (tree) Merge(*std::move(tree), 2, &root, diagnostics);
  }
  const policies::ObjectSpec& schema = policies::PolicySchema();
  if (readable) {
    policies::CheckSchema(schema, "", &root, diagnostics);
    return policies::CompilePolicy(root, diagnostics);
  }
  // What refers to an unreadable file would seem unknown: only what stands by itself is checked.
  for (Node::Member& section : root.members) {
    const policies::FieldSpec* field = schema.Find(section.key.text);
    Node alone;
    alone.kind = Node::Kind::kMap;
    alone.members.push_back(std::move(section));
    policies::ObjectSpec spec = schema;
    if (field != nullptr) spec.fields = absl::MakeConstSpan(field, 1);
    policies::CheckSchema(spec, "", &alone, diagnostics);
  }
  return std::nullopt;
}

}  // namespace

PolicyResult LoadPolicyText(std::vector<PolicyFile> files) {
  std::sort(files.begin(), files.end(),
            [](const PolicyFile& a, const PolicyFile& b) { return a.name < b.name; });
  std::vector<std::string> names;
  for (const PolicyFile& file : files) names.push_back(file.name);
  Diagnostics diagnostics(std::move(names));
  std::optional<Policy> policy = Load(files, &diagnostics);
  PolicyResult result;
  if (policy && diagnostics.errors() == 0) {
    policy->version = Version(files);
    policy->files = std::move(files);
    if (std::string broken = CheckInvariants(*policy); broken.empty()) {
      result.policy = std::make_shared<const Policy>(*std::move(policy));
    } else {
      SPILLWAY_BUG("a policy passed the checker but not the invariants");
      diagnostics.Error(
          {}, {.what = absl::StrCat("a fault of Spillway's checker, not yours: ", broken)});
    }
  }
  result.diagnostics = diagnostics.Take();
  return result;
}

PolicyResult LoadPolicyDirectory(const std::string& path) {
  PolicyResult result;
  auto fail = [&result](const std::string& file, absl::string_view what) {
    result.diagnostics.push_back({file, 0, 0, Severity::kError, std::string(what)});
  };
  absl::StatusOr<std::vector<std::string>> names = ListFiles(path, ".yaml");
  if (!names.ok()) {
    fail("", FromStd(std::string(names.status().message())));
    return result;
  }
  std::vector<PolicyFile> files;
  for (const std::string& name : *names) {
    absl::StatusOr<std::string> text = ReadFile(absl::StrCat(path, "/", name), kPolicyBytesMax);
    if (text.ok()) {
      files.push_back({name, *std::move(text)});
    } else {
      fail(name, text.status().message());
    }
  }
  if (!result.diagnostics.empty()) return result;
  result = LoadPolicyText(std::move(files));
  absl::StatusOr<std::vector<std::string>> others = ListFiles(path, ".yml");
  for (const std::string& name : others.ok() ? *others : std::vector<std::string>()) {
    result.diagnostics.push_back(
        {name, 0, 0, Severity::kWarning, "not read; want a name that ends in .yaml"});
  }
  return result;
}

std::string FormatDiagnostics(const std::vector<Diagnostic>& diagnostics,
                              absl::string_view directory) {
  std::string text;
  for (const Diagnostic& d : diagnostics) absl::StrAppend(&text, d.ToString(directory), "\n");
  return text;
}

}  // namespace spillway
