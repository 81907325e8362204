#include "steering/geo/group_map_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"
#include "steering/geo/group_map_builder.h"

namespace spillway {
namespace {

// The last letter counts versions: of this layout and of the tables'. Raise it when what
// GroupMapBuilder makes of the same sources changes, too.
constexpr uint64_t kMagic = 0x42'70616d'70757267;  // "grupmapB"
// The tables of all ranges of the world's addresses take a tenth of it.
constexpr off_t kFileSizeMax = off_t{1} << 30;
// An mmdb's metadata, its build time among them, stands in its last 128 KiB (MaxMind DB 2.0).
constexpr off_t kTailSize = 128 << 10;

// One description of what is saved, for writing and for reading: `f` is a Saver or a Loader.
template <typename F, typename Table4, typename Table6, typename Groups, typename Databases>
void VisitMap(F& f, Table4& table4, Table6& table6, Groups& groups, Databases& databases) {
  f.Size(groups);
  for (auto& group : groups) {
    f.Array(group.name);
    f.Array(group.country);
    f.Array(group.labels);
    f.Place(group.location);
  }
  f.Size(databases);
  for (auto& info : databases) {
    f.Array(info.path);
    f.Array(info.type);
    f.Value(info.kind);
    f.Value(info.built);
    f.Value(info.ip_version);
    f.Value(info.node_count);
    f.Value(info.record_count);
    f.Value(info.network_count);
  }
  const auto array = [&f](auto& items) { f.Array(items); };
  geo::RangeTable4::VisitParts(table4, array);
  geo::RangeTable6::VisitParts(table6, array);
}

class Saver {
 public:
  template <typename T>
  void Value(const T& value) {
    Append(&value, sizeof value);
  }
  template <typename Items>
  void Size(const Items& items) {
    Value(uint64_t{items.size()});
  }
  void Place(const std::optional<GeoPoint>& place) {
    Value(uint8_t{place.has_value()});
    Value(place.value_or(GeoPoint{}));
  }
  template <typename Items>
  void Array(const Items& items) {
    Size(items);
    Append(items.data(), items.size() * sizeof(items[0]));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void Append(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }
  std::string bytes_;
};

// Its error sticks: what is read after it is empty.
class Loader {
 public:
  explicit Loader(absl::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

  template <typename T>
  void Value(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (Have(sizeof value)) Take(&value, sizeof value);
  }
  template <typename Items>
  void Size(Items& items) {
    uint64_t size = 0;
    Value(size);
    // Nobody is made to reserve much more than the file could hold.
    ok_ = ok_ && size <= rest_.size() / kItemSizeMin;
    if (ok_) items.resize(size);
  }
  void Place(std::optional<GeoPoint>& place) {
    uint8_t known = 0;
    GeoPoint at;
    Value(known);
    Value(at);
    ok_ = ok_ && known <= 1 && std::fabs(at.lat) <= 90 && std::fabs(at.lon) <= 180;
    if (known != 0) place = at;
  }
  template <typename Items>
  void Array(Items& items) {
    using Item = std::remove_reference_t<decltype(items[0])>;
    static_assert(std::is_trivially_copyable_v<Item>);
    uint64_t size = 0;
    Value(size);
    if (size > rest_.size() / sizeof(Item)) ok_ = false;
    if (!ok_) return;
    items.resize(size);
    Take(items.data(), size * sizeof(Item));
  }

 private:
  // Groups and databases begin with two sizes and more.
  static constexpr size_t kItemSizeMin = 2 * sizeof(uint64_t);

  bool Have(uint64_t size) { return ok_ = ok_ && size <= rest_.size(); }
  void Take(void* out, size_t size) {
    if (size > 0) std::memcpy(out, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  absl::string_view rest_;
  bool ok_ = true;
};

// The whole file, or nothing. In large pages: with small ones, faults take longer than reading.
geo::Table<char> ReadLarge(const std::string& path) {
  geo::Table<char> bytes;
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0 || info.st_size > kFileSizeMax) return bytes;
  bytes.resize(static_cast<size_t>(info.st_size));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got = read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (got <= 0) return {};
    done += static_cast<size_t>(got);
  }
  return bytes;
}

// Numbers that others will follow: labels are of the policy's named groups, and rise.
bool AreSound(const std::vector<Group>& groups, const std::vector<geo::DatabaseInfo>& databases,
              size_t labels) {
  for (const Group& group : groups) {
    if (!group.labels.empty() && group.labels.back().index() >= labels) return false;
    if (std::adjacent_find(group.labels.begin(), group.labels.end(), std::greater_equal<>()) !=
        group.labels.end())
      return false;
  }
  return std::all_of(databases.begin(), databases.end(),
                     [](const geo::DatabaseInfo& info) { return info.kind <= geo::GeoKind::kAsn; });
}

// A file's name, size, time and last octets; none when it cannot be read.
std::optional<uint64_t> DatabaseKey(const std::string& path) {
  if (path.empty()) return 0;
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::nullopt;
  std::string tail(static_cast<size_t>(std::min<off_t>(info.st_size, kTailSize)), '\0');
  const auto got = static_cast<off_t>(tail.size());
  if (pread(fd.get(), tail.data(), tail.size(), info.st_size - got) != got) return std::nullopt;
  uint64_t key = StableHash(path, GroupMapFile::HashOf(tail));
  for (const int64_t part :
       {int64_t{info.st_size}, int64_t{info.st_mtim.tv_sec}, int64_t{info.st_mtim.tv_nsec}}) {
    key = CombineHash(key, static_cast<uint64_t>(part));
  }
  return key;
}

}  // namespace

// Four lanes, as one multiplication waits for the one before: 12 MB take 1 ms.
uint64_t GroupMapFile::HashOf(absl::string_view bytes) {
  constexpr size_t kLanes = 4, kStride = kLanes * sizeof(uint64_t);
  uint64_t lanes[kLanes] = {1, 2, 3, 4};
  size_t at = 0;
  for (; at + kStride <= bytes.size(); at += kStride) {
    uint64_t words[kLanes];
    std::memcpy(words, bytes.data() + at, kStride);
    for (size_t i = 0; i < kLanes; ++i) {
      lanes[i] = (lanes[i] ^ words[i]) * 0x9e3779b97f4a7c15;
      lanes[i] ^= lanes[i] >> 32;
    }
  }
  uint64_t hash = StableHash(bytes.substr(at), bytes.size());
  for (const uint64_t lane : lanes) hash = CombineHash(hash, lane);
  return hash;
}

uint64_t GroupMapFile::KeyOf(const GeoSources& sources, const std::vector<NamedGroup>& named) {
  if (!sources.networks.empty()) return 0;
  Saver saver;
  saver.Value(sources.regions);
  saver.Size(named);
  for (const NamedGroup& group : named) {
    saver.Array(group.name);
    saver.Size(group.countries);
    for (const std::string& country : group.countries) saver.Array(country);
    saver.Array(group.asns);
    saver.Size(group.prefixes);
    for (const IpPrefix& prefix : group.prefixes) saver.Array(prefix.ToString());
    saver.Value(group.location.has_value());
    saver.Value(group.location.value_or(GeoPoint{}));
  }
  uint64_t key = HashOf(saver.bytes());
  for (const std::string* path : {&sources.country, &sources.city, &sources.asn}) {
    const std::optional<uint64_t> database = DatabaseKey(*path);
    if (!database) return 0;
    key = CombineHash(key, *database);
  }
  return key | 1;
}

absl::Status GroupMapFile::Write(const GroupMap& map, uint64_t key, const std::string& path) {
  Saver saver;
  saver.Value(kMagic);
  saver.Value(key);
  VisitMap(saver, map.table4_, map.table6_, map.groups_, map.databases_);
  saver.Value(HashOf(saver.bytes()));
  return WriteFileAtomically(path, saver.bytes());
}

std::shared_ptr<const GroupMap> GroupMapFile::Read(uint64_t key, size_t labels,
                                                   const std::string& path) {
  const geo::Table<char> file = ReadLarge(path);
  if (file.size() < sizeof(uint64_t)) return nullptr;
  const absl::string_view bytes(file.data(), file.size() - sizeof(uint64_t));
  uint64_t hash = 0, magic = 0, key_of_file = 0;
  std::memcpy(&hash, bytes.data() + bytes.size(), sizeof hash);
  if (hash != HashOf(bytes)) return nullptr;
  Loader loader(bytes);
  loader.Value(magic);
  loader.Value(key_of_file);
  if (magic != kMagic || key_of_file != key) return nullptr;
  geo::RangeTable4 table4;
  geo::RangeTable6 table6;
  std::vector<Group> groups;
  std::vector<geo::DatabaseInfo> databases;
  VisitMap(loader, table4, table6, groups, databases);
  if (!loader.done() || !AreSound(groups, databases, labels)) return nullptr;
  const auto is_group = [&groups](uint32_t value) { return value < groups.size(); };
  const auto is_group_or_mapped = [&is_group](uint32_t value) {
    return value == GroupMapBuilder::kMappedIpv4 || is_group(value);
  };
  if (!table4.Adopt(is_group) || !table6.Adopt(is_group_or_mapped)) return nullptr;
  return std::shared_ptr<const GroupMap>(
      new GroupMap(std::move(table4), std::move(table6), std::move(groups), std::move(databases)));
}

absl::StatusOr<std::shared_ptr<const GroupMap>> GroupMapFile::BuildOrRead(
    const GeoSources& sources, const std::vector<NamedGroup>& named, const std::string& directory) {
  const uint64_t key = directory.empty() ? 0 : KeyOf(sources, named);
  if (key == 0) return GroupMap::Build(sources, named);
  const std::string path = absl::StrCat(directory, "/", kName);
  if (auto map = Read(key, named.size(), path); map != nullptr) return map;
  ASSIGN_OR_RETURN(std::shared_ptr<const GroupMap> map, GroupMap::Build(sources, named));
  if (absl::Status written = Write(*map, key, path); !written.ok())
    LogWarning("the next start will build the map of client groups anew: %s", written.message());
  return map;
}

}  // namespace spillway
