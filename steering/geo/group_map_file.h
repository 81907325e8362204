// steering/geo/group_map_file.h -- a group map as a file: made once for a database and a policy,
// read at the next start in a tenth of the time.
//
//   [ magic, version | key | groups, databases | tables as they lie in memory | hash of all ]
//
// why: walking an mmdb of the countries of all networks takes 0.1 s and more, reading 12 MB takes
//      some milliseconds: a server that was restarted answers that much earlier.
// The key is what the map was made of: each database's path, size, time and metadata, and the
// policy's named groups. A file with another key, cut short, changed, or made on a machine of
// another kind is not read: the map is built, and the file written anew.
// limits: whoever may write the folder may tell the server where clients are; it belongs to the
//         server's user, as the policy does. Nothing more: every number in it that a look-up
//         follows is checked first, whatever its hash says.
// thread safety: functions; processes may share a folder (files are swapped in whole).
#ifndef SPILLWAY_STEERING_GEO_GROUP_MAP_FILE_H_
#define SPILLWAY_STEERING_GEO_GROUP_MAP_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "steering/geo/group_map.h"
#include "steering/model/policy.h"

namespace spillway {

class GroupMapFile {
 public:
  static constexpr absl::string_view kName = "groups.cache";

  // GroupMap::Build, or the map of an earlier one kept in `directory` (empty: always builds). That
  // a file cannot be written costs the next start its time and is no error.
  static absl::StatusOr<std::shared_ptr<const GroupMap>> BuildOrRead(
      const GeoSources& sources, const std::vector<NamedGroup>& named,
      const std::string& directory);

  // Of what GroupMap::Build would read; 0 when a database cannot be read, or is made up
  // (GeoSources::networks): it is built, then.
  static uint64_t KeyOf(const GeoSources& sources, const std::vector<NamedGroup>& named);
  // What ends a file, of all before it.
  static uint64_t HashOf(absl::string_view bytes);
  static absl::Status Write(const GroupMap& map, uint64_t key, const std::string& path);
  // Null when the file is not there, or not what Write made for `key` and so many named groups.
  static std::shared_ptr<const GroupMap> Read(uint64_t key, size_t labels, const std::string& path);
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_GEO_GROUP_MAP_FILE_H_
