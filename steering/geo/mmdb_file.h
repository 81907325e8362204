// steering/geo/mmdb_file.h -- one MaxMind DB file, opened by libmaxminddb, checked, walked.
//
//   file ──copy──► memory ──own checks──► MMDB_open ──own checks──► Walk: every leaf once, in order
//
// why: the file is untrusted input. It is copied before it is mapped, for a mapped file that
//      someone rewrites in place would end us with SIGBUS; its metadata is checked before
//      libmaxminddb reads it and its sizes after (see mmdb_data.h); what is wrong comes back as a
//      Status naming the file.
// IPv4 in an IPv6 file stands under ::/96 and is walked as IPv4 only. Other ways to the same
// subtree (aliases that MaxMind's writer makes for ::ffff:0:0/96, 2002::/16 and 2001::/32) are left
// out: the addresses there have no record.
// limits: kMmdbBytesMax. thread safety: none; a file is used by one thread, at load.
#ifndef SPILLWAY_STEERING_GEO_MMDB_FILE_H_
#define SPILLWAY_STEERING_GEO_MMDB_FILE_H_

#include <maxminddb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "steering/geo/mmdb_data.h"

namespace spillway::geo {

// The largest published (GeoIP2 Enterprise) are about 0.5 GB.
inline constexpr size_t kMmdbBytesMax = size_t{1} << 30;

class MmdbFile {
 public:
  // Leaf of the search tree: the first address of its prefix, its length, and the offset of its
  // record in the data section or kNoRecord. A Status that is not ok ends the walk.
  static constexpr size_t kNoRecord = static_cast<size_t>(-1);
  template <typename Key>
  using LeafFn = absl::FunctionRef<absl::Status(Key first, int bits, size_t record)>;

  static absl::StatusOr<std::unique_ptr<MmdbFile>> Open(const std::string& path);
  // `name` stands for the path in messages. Keeps no reference to `bytes`.
  static absl::StatusOr<std::unique_ptr<MmdbFile>> FromBytes(absl::string_view bytes,
                                                             const std::string& name);
  MmdbFile(const MmdbFile&) = delete;
  MmdbFile& operator=(const MmdbFile&) = delete;
  ~MmdbFile();

  const MMDB_metadata_s& metadata() const { return mmdb_.metadata; }
  const std::string& name() const { return name_; }
  // Views into the file.
  MmdbData data() const { return MmdbData(data_); }

  // Every leaf in order of address; together they cover the family. In an IPv4 file the walk of
  // IPv6 meets one leaf without record.
  absl::Status Walk4(LeafFn<uint32_t> leaf) const;
  absl::Status Walk6(LeafFn<absl::uint128> leaf) const;

  // "PATH: what".
  absl::Status Error(absl::string_view what) const;

 private:
  // One side of a node: another node, a record, or nothing.
  struct Branch {
    enum class Kind : uint8_t { kNode, kRecord, kEmpty };
    Kind kind = Kind::kEmpty;
    uint32_t node = 0;
    size_t record = kNoRecord;
  };

  explicit MmdbFile(const std::string& name) : name_(name) {}
  absl::Status Load(absl::string_view bytes);
  absl::Status CheckMetadata(absl::string_view bytes, size_t start) const;
  absl::Status CheckSizes(absl::string_view bytes, size_t marker);
  absl::Status FindIpv4Root();
  absl::StatusOr<std::array<Branch, 2>> Read(uint32_t node) const;
  absl::StatusOr<Branch> ToBranch(uint8_t type, uint64_t value, size_t offset, uint32_t node) const;
  template <typename Key>
  absl::Status Walk(Branch root, LeafFn<Key> leaf) const;

  std::string name_;
  UniqueFd memory_;
  MMDB_s mmdb_{};
  bool open_ = false;
  absl::string_view data_;
  Branch ipv4_root_;  // what stands at ::/96, or the leaf above it
};

}  // namespace spillway::geo

#endif  // SPILLWAY_STEERING_GEO_MMDB_FILE_H_
