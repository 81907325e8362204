// tests/support/plan_once.h -- a plan as a fresh controller makes it, for tests of what reads plans.
#ifndef SPILLWAY_TESTS_SUPPORT_PLAN_ONCE_H_
#define SPILLWAY_TESTS_SUPPORT_PLAN_ONCE_H_

#include <memory>
#include <utility>

#include "steering/ledger/activity.h"
#include "steering/model/facts.h"
#include "steering/plan/plan.h"
#include "steering/planner/controller.h"

namespace spillway {

inline std::shared_ptr<const Plan> PlanOnce(std::shared_ptr<const Frame> frame,
                                            const Facts& facts) {
  Controller controller;
  return controller.Tick(std::move(frame), {.facts = facts, .activity = Activity{}});
}

}  // namespace spillway

#endif  // SPILLWAY_TESTS_SUPPORT_PLAN_ONCE_H_
