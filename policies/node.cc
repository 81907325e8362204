#include "policies/node.h"

namespace spillway::policies {

const Node* Node::Find(absl::string_view key) const {
  for (const Member& m : members) {
    if (m.key.text == key) return &m.value;
  }
  return nullptr;
}

std::string Shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kEmpty:
      return "nothing";
    case Node::Kind::kScalar:
      return Quoted(node.text);
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace spillway::policies
