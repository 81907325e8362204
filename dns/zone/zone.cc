#include "dns/zone/zone.h"

namespace spillway::dns {

const ZoneNode* Zone::FindNode(absl::string_view name) const {
  const uint32_t node = index_.Find(name, OwnerOf());
  return node == FlatIndex::kNone ? nullptr : &nodes_[node];
}

ZoneMatch Zone::Find(absl::string_view name) const {
  using Kind = ZoneMatch::Kind;
  const ZoneNode* node = FindNode(name);
  const bool exists = node != nullptr;
  // RFC 4592 3.3.1: the closest encloser is the longest existing ancestor; the apex at the latest.
  while (node == nullptr) {
    name = ParentName(name);
    node = FindNode(name);
  }
  if (node->cut != ZoneNode::kNone) return {Kind::kReferral, &nodes_[node->cut]};
  if (node->redirect != ZoneNode::kNone) {
    const ZoneNode* redirect = &nodes_[node->redirect];
    // RFC 6672 2.3: the owner of a DNAME is not itself redirected.
    if (!exists || redirect != node) return {Kind::kRedirect, redirect};
  }
  if (exists) return {Kind::kExact, node};
  if (node->wildcard != ZoneNode::kNone) return {Kind::kWildcard, &nodes_[node->wildcard]};
  return {Kind::kNoName, node};
}

}  // namespace spillway::dns
