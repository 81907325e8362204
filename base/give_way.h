// base/give_way.h -- threads that compute in the background give way to those that answer.
#ifndef SPILLWAY_BASE_GIVE_WAY_H_
#define SPILLWAY_BASE_GIVE_WAY_H_

namespace spillway {

// The calling thread becomes `steps` (1..19) nicer than it was: with one CPU for all, an
// answer does not wait for the end of a tick. It keeps a share: 5 steps leave it a quarter of a
// busy CPU, 10 a tenth. Where the kernel refuses, nothing changes.
void GiveWay(int steps);

}  // namespace spillway

#endif  // SPILLWAY_BASE_GIVE_WAY_H_
