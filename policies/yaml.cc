#include "policies/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spillway::policies {
namespace {

// Builds the tree from yaml-cpp's events. A frame per open list or map; a map alternates key,
// value.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(int file, absl::string_view text, Diagnostics* diagnostics)
      : file_(file), text_(text), diagnostics_(diagnostics) {}

  Node TakeRoot() { return std::move(root_); }
  // True when text was misread, so that what refers to it would seem wrong as well.
  bool damaged() const { return damaged_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    CheckPlain(mark, anchor);
    Node node = Make(Node::Kind::kEmpty, mark);
    // `~`, `null` and nothing at all are one event; only the text tells which.
    for (absl::string_view word : {"~", "null", "Null", "NULL"}) {
      if (absl::StartsWith(From(mark), word)) {
        node.kind = Node::Kind::kScalar;
        node.text = std::string(word);
        break;
      }
    }
    Put(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    diagnostics_->Error(At(mark), {.what = "YAML aliases make a policy hard to review"});
    Put(Make(Node::Kind::kEmpty, mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckPlain(mark, anchor);
    Node node = Make(Node::Kind::kScalar, mark);
    node.quoted = tag != "?";
    node.text = value;
    // Plain text on one line stands in the file as it is; what does not was folded from several.
    if (!node.quoted && !absl::StartsWith(From(mark), value)) {
      diagnostics_->Error(
          node.place,
          {.what = "this text goes on in the next line; a comma, a colon or a quote is missing",
           .got = Quoted(value)});
      damaged_ = true;
    }
    Put(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Node::Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Node::Kind::kMap, mark, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    Node node;
    bool has_key = false;
    Node key;                                      // valid while has_key
    absl::flat_hash_map<std::string, Place> keys;  // of a map, so far
  };

  Place At(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }
  absl::string_view From(const YAML::Mark& mark) const {
    return mark.pos >= 0 && static_cast<size_t>(mark.pos) <= text_.size()
               ? text_.substr(static_cast<size_t>(mark.pos))
               : "";
  }
  Node Make(Node::Kind kind, const YAML::Mark& mark) const {
    Node node;
    node.kind = kind;
    node.place = At(mark);
    return node;
  }

  // CheckText refuses these by their text; this holds if it ever missed one.
  void CheckPlain(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      diagnostics_->Error(At(mark), {.what = "YAML anchors make a policy hard to review"});
    if (absl::StartsWith(From(mark), "!"))
      diagnostics_->Error(At(mark), {.what = "YAML tags are not used in policies"});
  }

  void Open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    CheckPlain(mark, anchor);
    if (stack_.size() == kTreeDepthMax && too_deep_++ == 0) {
      diagnostics_->Error(At(mark), {.what = absl::StrCat("more than ", kTreeDepthMax,
                                                          " levels inside each other")});
    }
    stack_.push_back({Make(kind, mark), false, {}, {}});
  }

  void Close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    Put(std::move(node));
  }

  void Put(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = stack_.back();
    if (stack_.size() > kTreeDepthMax) {  // already reported; keep nothing
      top.has_key = !top.has_key;
    } else if (top.node.kind == Node::Kind::kList) {
      top.node.items.push_back(std::move(node));
    } else if (!top.has_key) {
      if (node.kind != Node::Kind::kScalar) {
        diagnostics_->Error(node.place, {.what = "a key must be a name", .got = Shown(node)});
        node.bad = true;
      }
      top.key = std::move(node);
      top.has_key = true;
    } else {
      top.has_key = false;
      PutMember(top, std::move(node));
    }
  }

  void PutMember(Frame& top, Node value) {
    if (top.key.bad) return;
    auto [it, fresh] = top.keys.emplace(top.key.text, top.key.place);
    if (!fresh) {
      diagnostics_->Error(
          top.key.place,
          {.what = absl::StrCat(Quoted(top.key.text), " is given twice; the first is at ",
                                diagnostics_->Describe(it->second))});
      return;
    }
    top.node.members.push_back({std::move(top.key), std::move(value)});
  }

  int file_;
  absl::string_view text_;
  Diagnostics* diagnostics_;
  std::vector<Frame> stack_;
  size_t too_deep_ = 0;
  bool damaged_ = false;
  Node root_;
};

// yaml-cpp's words for what went wrong, put into ours where they would not help.
std::string Explain(absl::string_view message) {
  struct Row {
    absl::string_view theirs, ours;
  };
  static constexpr Row kRows[] = {
      {"illegal map value",
       "a colon where no value can stand; a quote around the text, or the indentation, is missing"},
      {"end of map not found",
       "this line does not fit the map around it; want the same indentation as its neighbours, and "
       "`key: value`"},
      {"end of sequence not found",
       "this line does not fit the list around it; want `- item` at the same indentation as its "
       "neighbours"},
      {"end of map flow not found",
       "this { ... } lacks a comma between two entries, or its closing }"},
      {"end of sequence flow not found",
       "this [ ... ] lacks a comma between two entries, or its closing ]"},
      {"illegal flow end", "a bracket closes nothing here"},
      {"illegal block entry", "a `- ` where no list can stand"},
      {"illegal map key", "a key where none can stand; is the line above complete?"},
  };
  for (const Row& row : kRows) {
    if (message == row.theirs) return std::string(row.ours);
  }
  return absl::StrCat("not YAML: ", message);
}

}  // namespace

std::optional<Node> ParseYaml(int file, absl::string_view text, Diagnostics* diagnostics) {
  TreeBuilder builder(file, text, diagnostics);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    parser.HandleNextDocument(builder);
    TreeBuilder rest(file, text, diagnostics);
    if (parser.HandleNextDocument(rest)) {
      Place place = rest.TakeRoot().place;
      diagnostics->Error(place, {.what = "text after the end of the policy's map"});
      return std::nullopt;
    }
  } catch (const YAML::Exception& e) {
    Place place{file, e.mark.line + 1, e.mark.column + 1};
    if (e.mark.is_null()) place = {file, 0, 0};
    diagnostics->Error(place, {.what = Explain(e.msg)});
    return std::nullopt;
  }
  if (builder.damaged()) return std::nullopt;
  Node root = builder.TakeRoot();
  if (root.kind == Node::Kind::kEmpty) {
    root.kind = Node::Kind::kMap;
    root.place = {file, 1, 1};
  }
  if (root.kind != Node::Kind::kMap) {
    diagnostics->Error(root.place, {.what = "a policy file is a map",
                                    .want = "sections such as `targets:` and `services:`",
                                    .got = Shown(root)});
    return std::nullopt;
  }
  return root;
}

}  // namespace spillway::policies
