#include "steering/geo/group_map.h"

#include <cstdint>
#include <utility>

#include "absl/numeric/int128.h"
#include "base/check.h"
#include "steering/geo/group_map_builder.h"
#include "steering/geo/runs.h"

namespace spillway {
namespace {

constexpr int kMappedBits = 96;  // of ::ffff:0:0/96

}  // namespace

GroupMap::GroupMap(geo::RangeTable4 table4, geo::RangeTable6 table6, std::vector<Group> groups,
                   std::vector<geo::DatabaseInfo> databases)
    : table4_(std::move(table4)),
      table6_(std::move(table6)),
      groups_(std::move(groups)),
      databases_(std::move(databases)) {
  for (size_t i = 0; i < groups_.size(); ++i) by_name_[groups_[i].name] = GroupId(i);
}

absl::StatusOr<std::shared_ptr<const GroupMap>> GroupMap::Build(
    const GeoSources& sources, const std::vector<NamedGroup>& named) {
  return GroupMapBuilder(sources, named).Build();
}

std::shared_ptr<const GroupMap> GroupMap::OfGroups(std::vector<Group> groups) {
  CHECK(!groups.empty());
  const geo::RangeTable4 table4(geo::Runs<uint32_t>{{0, 0}});
  const geo::RangeTable6 table6(geo::Runs<absl::uint128>{{0, 0}});
  return std::shared_ptr<const GroupMap>(new GroupMap(table4, table6, std::move(groups), {}));
}

GroupMatch GroupMap::Locate(const IpAddress& client) const noexcept {
  if (client.is_v4()) {
    geo::RangeMatch match = table4_.Find(client.v4_host_order());
    return {GroupId(match.value), match.bits};
  }
  const uint64_t high = client.high64(), low = client.low64();
  geo::RangeMatch match = table6_.Find(high, low);
  if (match.value == GroupMapBuilder::kMappedIpv4) [[unlikely]] {
    match = table4_.Find(static_cast<uint32_t>(low));
    match.bits = static_cast<uint8_t>(match.bits + kMappedBits);
  }
  return {GroupId(match.value), match.bits};
}

void GroupMap::Prefetch(const IpAddress& client) const noexcept {
  client.is_v4() ? table4_.Prefetch(client.v4_host_order()) : table6_.Prefetch(client.high64());
}

std::optional<GroupId> GroupMap::FindGroup(absl::string_view name) const {
  auto it = by_name_.find(name);
  if (it == by_name_.end()) return std::nullopt;
  return it->second;
}

size_t GroupMap::memory_bytes() const {
  size_t bytes = sizeof(*this) + table4_.memory_bytes() + table6_.memory_bytes() +
                 groups_.capacity() * sizeof(Group) +
                 by_name_.capacity() * (sizeof(std::string) + sizeof(GroupId) + 1);
  for (const Group& g : groups_) bytes += g.labels.capacity() * sizeof(LabelId);
  return bytes;
}

}  // namespace spillway
