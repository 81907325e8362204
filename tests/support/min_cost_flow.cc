// tests/support/min_cost_flow.cc -- see min_cost_flow.h.
//
// Only LEMON's network simplex is used, also for the maximum flow: a cheapest one whose way back pays.
#include "tests/support/min_cost_flow.h"

#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

namespace spillway::testing {
namespace {

using Graph = lemon::SmartDigraph;
using Simplex = lemon::NetworkSimplex<Graph, int64_t, int64_t>;

// Every node conserves flow except source and sink, which supply `amount` and -`amount`.
std::optional<Flow> Run(int nodes, const std::vector<FlowArc>& arcs, int source, int sink,
                        int64_t amount) {
  Graph graph;
  std::vector<Graph::Node> node(nodes);
  for (Graph::Node& n : node) n = graph.addNode();
  Graph::ArcMap<int64_t> capacity(graph), cost(graph);
  std::vector<Graph::Arc> arc;
  for (const FlowArc& a : arcs) {
    arc.push_back(graph.addArc(node[a.from], node[a.to]));
    capacity[arc.back()] = a.capacity;
    cost[arc.back()] = a.cost;
  }
  Simplex simplex(graph);
  simplex.upperMap(capacity).costMap(cost);
  if (amount != 0) simplex.stSupply(node[source], node[sink], amount);
  if (simplex.run() != Simplex::OPTIMAL) return std::nullopt;
  Flow out{.amount = amount, .cost = simplex.totalCost<int64_t>(), .on_arc = {}};
  for (const Graph::Arc& a : arc) out.on_arc.push_back(simplex.flow(a));
  return out;
}

}  // namespace

std::optional<Flow> MinCostFlow(int nodes, const std::vector<FlowArc>& arcs, int source, int sink,
                                int64_t amount) {
  return Run(nodes, arcs, source, sink, amount);
}

Flow MaxFlow(int nodes, const std::vector<FlowArc>& arcs, int source, int sink) {
  std::vector<FlowArc> circuit;
  int64_t most = 0;
  for (const FlowArc& a : arcs) {
    circuit.push_back({a.from, a.to, a.capacity, 0});
    if (a.from == source) most += a.capacity;
  }
  circuit.push_back({sink, source, most, -1});
  Flow out = *Run(nodes, circuit, source, sink, 0);
  out.amount = out.on_arc.back();
  out.on_arc.pop_back();
  out.cost = 0;
  for (size_t i = 0; i < arcs.size(); ++i) out.cost += arcs[i].cost * out.on_arc[i];
  return out;
}

}  // namespace spillway::testing
