// policies/compile.h -- from a checked tree to a Policy: names become ids, meaning is checked.
//
//   Node tree ──Symbols──► ids ──Compile{Targets,Groups,Services,Limits,Events}──► Policy
//                                                  └─CheckNames, use of names──► diagnostics
//
// Each function reports every fault it finds and goes on; the Policy is meant to be used only when
// no error was reported, and then satisfies the invariants of steering/model/policy.h.
#ifndef SPILLWAY_POLICIES_COMPILE_H_
#define SPILLWAY_POLICIES_COMPILE_H_

#include "policies/diagnostic.h"
#include "policies/node.h"
#include "policies/symbols.h"
#include "steering/model/policy.h"

namespace spillway::policies {

// All of it. `root` has been through CheckSchema (and may have failed it in places).
Policy CompilePolicy(const Node& root, Diagnostics* diagnostics);

// The steps, each in a source of its own. `policy` has an entry, named, for every declaration.
void CompileTargets(const Symbols& symbols, Policy* policy, Diagnostics* diagnostics);
void CompileGroups(Symbols* symbols, Policy* policy, Diagnostics* diagnostics);
void CompileServices(Symbols* symbols, Policy* policy, Diagnostics* diagnostics);
void CompileLimits(const Node* section, Symbols* symbols, Policy* policy, Diagnostics* diagnostics);
void CompileEvents(const Node* section, Symbols* symbols, Policy* policy, Diagnostics* diagnostics);

// Names, hosts and paths over all services: unique, reachable, within memory.
void CheckNames(const Symbols& symbols, const Policy& policy, Diagnostics* diagnostics);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_COMPILE_H_
