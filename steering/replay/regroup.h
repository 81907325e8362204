// steering/replay/regroup.h -- the client groups of a recording, as another policy would see them.
//
// why: which address is in which group is known to the geo database, and a recording has none; what
//      it has is groups, each with its country and the named groups (`groups:`) it was in.
// limits: a named group of AS numbers or prefixes that the recorded policy did not have, word for
//      word, cannot be found again: nobody is in it, and a warning says so.
#ifndef SPILLWAY_STEERING_REPLAY_REGROUP_H_
#define SPILLWAY_STEERING_REPLAY_REGROUP_H_

#include <string>
#include <vector>

#include "steering/model/group.h"
#include "steering/model/policy.h"

namespace spillway::replay {

struct Regrouped {
  std::vector<Group> groups;  // in order of name, as GroupMap has them
  std::vector<size_t> of;     // by recorded group: its index in `groups`
  std::vector<std::string> warnings;
};

// `recorded` are groups of `before`. Groups that `now` does not tell apart become one.
Regrouped Regroup(const std::vector<Group>& recorded, const Policy& before, const Policy& now);

}  // namespace spillway::replay

#endif  // SPILLWAY_STEERING_REPLAY_REGROUP_H_
