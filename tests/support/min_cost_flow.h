// tests/support/min_cost_flow.h -- exact minimum-cost and maximum flow by LEMON: oracle of the solver.
//
// Everything is in integers, so that the optimum is the optimum.
#ifndef SPILLWAY_TESTS_SUPPORT_MIN_COST_FLOW_H_
#define SPILLWAY_TESTS_SUPPORT_MIN_COST_FLOW_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace spillway::testing {

struct FlowArc {
  int from;
  int to;
  int64_t capacity;
  int64_t cost = 0;
};

struct Flow {
  int64_t amount = 0;  // through the network
  int64_t cost = 0;
  std::vector<int64_t> on_arc;  // by arc
};

// The cheapest way to send exactly `amount` from node `source` to node `sink`; nullopt when it does
// not fit. Nodes are 0 to `nodes` - 1; capacities are not negative.
std::optional<Flow> MinCostFlow(int nodes, const std::vector<FlowArc>& arcs, int source, int sink,
                                int64_t amount);

// As much as fits, at whatever cost (Flow::cost counts it).
Flow MaxFlow(int nodes, const std::vector<FlowArc>& arcs, int source, int sink);

}  // namespace spillway::testing

#endif  // SPILLWAY_TESTS_SUPPORT_MIN_COST_FLOW_H_
