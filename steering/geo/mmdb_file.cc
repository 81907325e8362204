#include "steering/geo/mmdb_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/ip.h"
#include "base/status.h"
#include "steering/geo/runs.h"

namespace spillway::geo {
namespace {

constexpr char kMarkerBytes[] = "\xab\xcd\xefMaxMind.com";
constexpr absl::string_view kMarker(kMarkerBytes, sizeof(kMarkerBytes) - 1);
// The format puts the marker within the last 128 KiB; the last one counts.
constexpr size_t kMetadataBytesMax = 128 << 10;
// Zero bytes between the search tree and the data section.
constexpr size_t kSeparatorBytes = 16;
constexpr int kIpv4Depth = 96;

// A file in memory only, holding `bytes`.
absl::StatusOr<UniqueFd> MemoryFile(absl::string_view bytes) {
  UniqueFd fd(memfd_create("mmdb", MFD_CLOEXEC));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "memfd_create");
  while (!bytes.empty()) {
    ssize_t written = write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return absl::ErrnoToStatus(errno, "writing the copy in memory");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MmdbFile>> MmdbFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, ReadFile(path, kMmdbBytesMax));
  return FromBytes(bytes, path);
}

absl::StatusOr<std::unique_ptr<MmdbFile>> MmdbFile::FromBytes(absl::string_view bytes,
                                                              const std::string& name) {
  std::unique_ptr<MmdbFile> file(new MmdbFile(name));
  RETURN_IF_ERROR(file->Load(bytes));
  return file;
}

MmdbFile::~MmdbFile() {
  if (open_) MMDB_close(&mmdb_);
}

absl::Status MmdbFile::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(name_, ": ", what));
}

absl::Status MmdbFile::Load(absl::string_view bytes) {
  size_t tail = bytes.size() - std::min(bytes.size(), kMetadataBytesMax);
  size_t marker = bytes.substr(tail).rfind(kMarker);
  if (marker == absl::string_view::npos) {
    return Error(
        "not a MaxMind DB: the metadata marker is missing from the last 128 KiB"
        " (another format, still compressed, or cut short?)");
  }
  size_t metadata_start = tail + marker + kMarker.size();
  RETURN_IF_ERROR(CheckMetadata(bytes.substr(metadata_start), metadata_start));
  absl::StatusOr<UniqueFd> memory = MemoryFile(bytes);
  if (!memory.ok()) {
    return absl::Status(memory.status().code(),
                        absl::StrCat(name_, ": ", memory.status().message()));
  }
  memory_ = *std::move(memory);
  std::string path = absl::StrCat("/proc/self/fd/", memory_.get());
  if (int code = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &mmdb_); code != MMDB_SUCCESS) {
    return Error(absl::StrCat("libmaxminddb: ", MMDB_strerror(code)));
  }
  open_ = true;
  RETURN_IF_ERROR(CheckSizes(bytes, metadata_start - kMarker.size()));
  return FindIpv4Root();
}

// Before libmaxminddb reads it: nothing in it may recurse, and its two lists must be of strings,
// for 1.7.1 leaks memory when it gives up in the middle of one.
absl::Status MmdbFile::CheckMetadata(absl::string_view bytes, size_t start) const {
  MmdbData metadata(bytes);
  if (!metadata.IsPlain(0)) {
    return Error(absl::StrCat("damaged metadata: ", metadata.error(), " at byte ",
                              start + metadata.error_offset()));
  }
  std::optional<MmdbValue> root = metadata.At(0);
  for (absl::string_view key : {"languages", "description"}) {
    std::optional<MmdbValue> list = root ? metadata.Find(*root, key) : std::nullopt;
    if (!list || !metadata.HoldsStringsOnly(*list)) {
      return Error(absl::StrCat("damaged metadata: ", key, ": want strings only"));
    }
  }
  return absl::OkStatus();
}

// What libmaxminddb 1.7.1 does not check, or in 32 bits that wrap.
absl::Status MmdbFile::CheckSizes(absl::string_view bytes, size_t marker) {
  const MMDB_metadata_s& m = mmdb_.metadata;
  if (m.binary_format_major_version != 2) {
    return Error(
        absl::StrCat("binary format version: want 2, got ", m.binary_format_major_version));
  }
  if (m.ip_version != 4 && m.ip_version != 6) {
    return Error(absl::StrCat("ip_version: want 4 or 6, got ", m.ip_version));
  }
  if (m.record_size != 24 && m.record_size != 28 && m.record_size != 32) {
    return Error(absl::StrCat("record_size: want 24, 28 or 32, got ", m.record_size));
  }
  if (m.node_count == 0) return Error("node_count: want at least 1, got 0");
  size_t tree_bytes = size_t{m.node_count} * (m.record_size / 4);
  if (tree_bytes + kSeparatorBytes > marker) {
    return Error(absl::StrCat("cut short: ", m.node_count, " nodes of ", m.record_size / 4,
                              " bytes need ", tree_bytes + kSeparatorBytes,
                              " bytes before the metadata, got ", marker));
  }
  absl::string_view separator = bytes.substr(tree_bytes, kSeparatorBytes);
  if (separator.find_first_not_of('\0') != absl::string_view::npos) {
    return Error(
        absl::StrCat("damaged: want 16 zero bytes after the search tree, at byte ", tree_bytes));
  }
  size_t data_start = tree_bytes + kSeparatorBytes;
  data_ = absl::string_view(reinterpret_cast<const char*>(mmdb_.file_content) + data_start,
                            marker - data_start);
  return absl::OkStatus();
}

absl::StatusOr<MmdbFile::Branch> MmdbFile::ToBranch(uint8_t type, uint64_t value, size_t offset,
                                                    uint32_t node) const {
  switch (type) {
    case MMDB_RECORD_TYPE_SEARCH_NODE:
      return Branch{Branch::Kind::kNode, static_cast<uint32_t>(value), kNoRecord};
    case MMDB_RECORD_TYPE_EMPTY:
      return Branch{};
    case MMDB_RECORD_TYPE_DATA:
      if (offset < data_.size()) return Branch{Branch::Kind::kRecord, 0, offset};
      break;
    default:
      break;
  }
  return Error(absl::StrCat("damaged search tree: node ", node, " leads to ", value,
                            ", outside of nodes and data"));
}

absl::StatusOr<std::array<MmdbFile::Branch, 2>> MmdbFile::Read(uint32_t node) const {
  MMDB_search_node_s both;
  if (int code = MMDB_read_node(&mmdb_, node, &both); code != MMDB_SUCCESS) {
    return Error(absl::StrCat("search tree, node ", node, ": ", MMDB_strerror(code)));
  }
  std::array<Branch, 2> out;
  ASSIGN_OR_RETURN(out[0], ToBranch(both.left_record_type, both.left_record,
                                    both.left_record_entry.offset, node));
  ASSIGN_OR_RETURN(out[1], ToBranch(both.right_record_type, both.right_record,
                                    both.right_record_entry.offset, node));
  return out;
}

absl::Status MmdbFile::FindIpv4Root() {
  ipv4_root_ = Branch{Branch::Kind::kNode, 0, kNoRecord};
  if (mmdb_.metadata.ip_version == 4) return absl::OkStatus();
  for (int depth = 0; depth < kIpv4Depth && ipv4_root_.kind == Branch::Kind::kNode; ++depth) {
    ASSIGN_OR_RETURN(auto both, Read(ipv4_root_.node));
    ipv4_root_ = both[0];
  }
  return absl::OkStatus();
}

absl::Status MmdbFile::Walk4(LeafFn<uint32_t> leaf) const {
  return Walk<uint32_t>(ipv4_root_, leaf);
}

absl::Status MmdbFile::Walk6(LeafFn<absl::uint128> leaf) const {
  if (mmdb_.metadata.ip_version == 4) return leaf(0, 0, kNoRecord);
  return Walk<absl::uint128>(Branch{Branch::Kind::kNode, 0, kNoRecord}, leaf);
}

template <typename Key>
absl::Status MmdbFile::Walk(Branch root, LeafFn<Key> leaf) const {
  struct Step {
    Branch branch;
    Key first;
    int bits;
  };
  std::vector<Step> open = {{root, 0, 0}};
  // A tree has one way to each node, so more visits than nodes mean a loop or a shared part.
  uint64_t visits_left = mmdb_.metadata.node_count;
  while (!open.empty()) {
    Step step = open.back();
    open.pop_back();
    bool ipv4 = kKeyBits<Key> == 128 &&
                ((step.bits == kIpv4Depth && step.first == 0) ||
                 (step.bits > 0 && step.branch.kind == Branch::Kind::kNode &&
                  ipv4_root_.kind == Branch::Kind::kNode && step.branch.node == ipv4_root_.node));
    if (ipv4 || step.branch.kind != Branch::Kind::kNode) {
      RETURN_IF_ERROR(leaf(step.first, step.bits, ipv4 ? kNoRecord : step.branch.record));
      continue;
    }
    if (step.bits == kKeyBits<Key>) {
      return Error(absl::StrCat("damaged search tree: deeper than an address at ",
                                IpPrefix{AddressOf(step.first), step.bits}.ToString()));
    }
    if (visits_left-- == 0) {
      return Error(absl::StrCat("damaged search tree: more ways than its ",
                                mmdb_.metadata.node_count, " nodes allow (a loop?)"));
    }
    ASSIGN_OR_RETURN(auto both, Read(step.branch.node));
    ++step.bits;
    Key right = step.first | Key{1} << (kKeyBits<Key> - step.bits);
    open.push_back({both[1], right, step.bits});
    open.push_back({both[0], step.first, step.bits});
  }
  return absl::OkStatus();
}

}  // namespace spillway::geo
