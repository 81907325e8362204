// steering/feed/rise_fall.h -- up or down from single results, without flapping.
//
//              ok                 fall failures in a row
//   unknown ───────► up ◄────────────────────────────────► down
//      │                          rise successes in a row    ▲
//      └──────── fall failures in a row ─────────────────────┘
//
// why: a target is taken in on its first success (at start nothing is known and one answer is proof
//      of life), but only a streak moves it afterwards.
#ifndef SPILLWAY_STEERING_FEED_RISE_FALL_H_
#define SPILLWAY_STEERING_FEED_RISE_FALL_H_

#include "steering/model/facts.h"

namespace spillway {

class RiseFall {
 public:
  // True when the health moved. rise and fall are at least 1.
  bool Add(bool ok, int rise, int fall) {
    bool agrees = health_ == (ok ? Health::kUp : Health::kDown);
    streak_ = agrees ? 0 : ok == streak_ok_ ? streak_ + 1 : 1;
    streak_ok_ = ok;
    if (agrees || streak_ < Needed(ok, rise, fall)) return false;
    health_ = ok ? Health::kUp : Health::kDown;
    streak_ = 0;
    return true;
  }
  Health health() const { return health_; }

 private:
  int Needed(bool ok, int rise, int fall) const {
    if (!ok) return fall;
    return health_ == Health::kUnknown ? 1 : rise;
  }

  Health health_ = Health::kUnknown;
  bool streak_ok_ = false;
  int streak_ = 0;  // results in a row that disagree with health_
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FEED_RISE_FALL_H_
