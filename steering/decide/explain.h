// steering/decide/explain.h -- why this answer: everything one decision rested on, for a person.
//
// Runs the production Decide with a trace and reads the plan beside it; nothing is recomputed, so
// the explanation cannot disagree with the answer.
#ifndef SPILLWAY_STEERING_DECIDE_EXPLAIN_H_
#define SPILLWAY_STEERING_DECIDE_EXPLAIN_H_

#include <string>

#include "base/ip.h"
#include "steering/decide/decide.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway {

struct Explanation {
  IpAddress client;
  int source_bits = 0;
  ServiceId service;
  ClientFacts facts;
  Decision decision;
  Trace trace;
  std::string rule;  // one sentence: what decided
};

// `source_bits` as for LocateClient.
Explanation Explain(const Plan& plan, ServiceId service, const IpAddress& client, int source_bits);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_DECIDE_EXPLAIN_H_
