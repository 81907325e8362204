// tests/sim/sampled_clients.h -- the viewers of a rehearsal as persons, to check the fluid world by.
//
//   viewer: an address in its place's prefix ─┬─ by 302 ─────────────────► Decide(its address)
//                                             └─ by DNS ─► its resolver ─► Decide(the resolver's)
//                                                          keeps the answer till it runs out
//   steered: asks once a TTL ─► Decide, OrderPathways ─► goes to the first on the list that it does
//                                                        not shun
//   target dies: the buffer runs out ─► steered: the next on its list · else: cut off, comes back
//
// why: the fluid world (sim/world.h) assumes that a plan's shares are what clients get and that
//   asking is memoryless. Here nothing is assumed: addresses are hashed by the production code,
//   caches hold one answer each, questions come a TTL after the last. Time is continuous; only the
//   plan changes by the second. Nothing of the world's equations is used, only its configuration.
// One viewer of the configuration is one viewer here: a cache's questions depend on how many stand
// behind it, so that viewers who stand for many would need other caches. What a sampled evening of
// 40,000 shows holds for 65 M: the world is linear in audience and capacity.
// left out: giving up under load, ladders, admission, links, scenes (the rehearsal's own rules).
// units: seconds since the start. thread safety: none.
#ifndef SPILLWAY_TESTS_SIM_SAMPLED_CLIENTS_H_
#define SPILLWAY_TESTS_SIM_SAMPLED_CLIENTS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "base/ip.h"
#include "sim/random.h"
#include "sim/terrain.h"
#include "sim/world.h"
#include "sim/world_config.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

class SampledClients {
 public:
  struct Place {  // where the clients of one row live
    size_t row = 0;
    IpPrefix prefix;
  };
  // By target, since the last TakeAnswers.
  struct Answers {
    std::vector<double> dns, redirect, steering;
  };

  // Sessions that play already are placed by capacity, as World does. All must outlive this.
  SampledClients(const WorldConfig& config, const Terrain& terrain,
                 const std::vector<Place>& places, uint64_t seed);

  // One second under `plan`.
  void Step(const Plan& plan, const World::Condition& condition);

  int now_s() const { return now_s_; }
  const std::vector<double>& sessions() const { return sessions_; }  // by target
  double playing() const { return playing_; }
  Answers TakeAnswers();
  // ResolverHash of those that all clients of a row stand behind: what the server finds heavy.
  std::vector<uint64_t> HeavyResolvers() const;

 private:
  static constexpr size_t kListMax = 8;  // of a player's pathways that it keeps
  struct Resolver {
    IpAddress address;
    double hold_s = 0;  // 0 = as long as told
    double expires = 0;
    std::array<uint16_t, 4> targets{};
    uint8_t target_count = 0;
  };
  struct Viewer {
    uint32_t place = 0, resolver = 0;
    uint32_t life = 0;  // events of an earlier one in this seat do not count
    IpAddress address;
    bool by_redirect = false, steered = false, hls = false, playing = false;
    uint16_t target = 0, shunned = 0;
    double shuns_until = -1;
    std::array<uint16_t, kListMax> list{};
    uint8_t list_count = 0;
  };
  enum class What : uint8_t { kStart, kAsk, kBreak, kEnd };
  struct Event {
    double at = 0;
    uint64_t number = 0;  // equal times in the order they were made
    uint32_t viewer = 0, life = 0;
    What what = What::kStart;
    bool operator>(const Event& e) const { return at != e.at ? at > e.at : number > e.number; }
  };
  struct Crowd {  // of one place
    size_t row = 0;
    ServiceId service;
    IpPrefix prefix;
    const RowClients* clients = nullptr;
    uint32_t resolvers_from = 0, resolvers = 0;
  };

  void AddCrowd(const Place& place);
  void AddPlaying(uint32_t crowd);
  void Arrive();
  uint32_t NewViewer(uint32_t crowd);
  void Leave(uint32_t viewer);
  void At(double at, uint32_t viewer, What what);
  void Happen(const Event& event);
  void Start(uint32_t viewer, double now);
  uint16_t AskResolver(Viewer* viewer, double now);
  // What content steering tells; `count` unless it comes with the first answer.
  double AskSteering(Viewer* viewer, bool count);
  // To the first on its list that lives and that it does not shun; false when there is none.
  bool Follow(uint32_t viewer, double now);
  void Break(uint32_t viewer, double now);
  void Play(uint32_t viewer, uint16_t target);
  void Shun(Viewer* viewer, uint16_t target, double now);
  IpAddress AddressIn(const IpPrefix& prefix);
  double Exponential(double mean);
  size_t Poisson(double mean);

  const WorldConfig& config_;
  const Terrain& terrain_;
  Random random_;
  int now_s_ = 0;
  const Plan* plan_ = nullptr;  // during a Step
  const World::Condition* condition_ = nullptr;
  std::vector<uint8_t> was_dead_;
  std::vector<Crowd> crowds_;
  std::vector<Resolver> resolvers_;
  std::vector<Viewer> viewers_;
  std::vector<uint32_t> free_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  uint64_t event_count_ = 0;
  std::vector<double> sessions_;
  double playing_ = 0;
  Answers answers_;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_TESTS_SIM_SAMPLED_CLIENTS_H_
