// steering/model/ids.h -- indices into the tables of one compiled policy.
//
// Ids are dense and start at 0. They are valid only together with the Policy (and for GroupId the
// GroupMap) they came from; names, not ids, are what is saved and sent.
#ifndef SPILLWAY_STEERING_MODEL_IDS_H_
#define SPILLWAY_STEERING_MODEL_IDS_H_

#include "base/strong_id.h"

namespace spillway {

using TargetId = StrongId<struct TargetTag, uint16_t>;
using ServiceId = StrongId<struct ServiceTag, uint16_t>;
// A named group of the policy (`groups:` in the file).
using LabelId = StrongId<struct LabelTag, uint16_t>;
// A leaf of the group map: clients that are steered alike.
using GroupId = StrongId<struct GroupTag, uint32_t>;

}  // namespace spillway

#endif  // SPILLWAY_STEERING_MODEL_IDS_H_
