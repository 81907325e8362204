// sim/fleet.h -- several nodes, each with a steering of its own, answering equal parts of all
// clients.
//
//   answers of all ─┬─ a part ─────────────► node 1 ─► plan ┐
//                   └─ the rest, late ─────►  ...           ├─► shares that clients meet: the mean
//                      (not while cut off)   node n ─► plan ┘
//
// What others answered is told once, as it happens (DESIGN 9): what was missed while the bus was
// cut never comes. Reports have corrected for it by then; told late and at once, a quarter of an
// hour of answers would look like a crowd. A node that restarts begins without memory. Feeds reach
// every node.
#ifndef SPILLWAY_SIM_FLEET_H_
#define SPILLWAY_SIM_FLEET_H_

#include <memory>

#include "sim/rehearsal.h"
#include "sim/steering.h"

namespace spillway::sim {

// With one node, what `make` makes.
std::unique_ptr<Steering> MakeFleet(const Nodes& nodes, const SteeringFactory& make);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_FLEET_H_
