// sim/world_config.h -- what kind of evening is rehearsed: sizes, audience, habits of players,
// resolvers and feeds. The defaults are the world of the prototype whose figures docs/CONTROLLER.md
// compares with.
//
// units: seconds since the rehearsal began, Mbps, sessions; fractions 0..1.
// references: papers-and-algorithms 4.9 and 5 (audience, bitrates), 4.5 (feeds); the numbers
// without another source are the prototype's.
#ifndef SPILLWAY_SIM_WORLD_CONFIG_H_
#define SPILLWAY_SIM_WORLD_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace spillway::sim {

// Sessions at t = base + sum of viewers / (1 + exp(-(t - at_s) / scale_s)); negative surges end it.
// With points, the line through them takes the place of `base`.
struct Audience {
  struct Surge {
    double at_s = 0, scale_s = 0, viewers = 0;
  };
  struct Point {
    double at_s = 0, viewers = 0;
  };
  double base = 6e6;
  std::vector<Point> points;  // by time; constant before the first and after the last
  // 65 M at the peak (Tyson-Paul). The first is the walk up to the main card, the second the bell:
  // 36 M on a logistic of 110 s, 82,000 joins/s at its steepest.
  std::vector<Surge> surges = {{1200, 300, 23e6}, {3000, 110, 36e6}};
  double At(double t_s) const;
  double Peak() const;  // the highest point, and every positive surge at its end
};

// Scene by scene factor on the nominal bitrate; linear between points, constant outside.
struct ScenePoint {
  double at_s = 0, factor = 1;
};

struct Players {
  double session_s = 45 * 60;  // mean; sessions end memorylessly
  double redirect = 0.40;      // begin by a 302
  double dns_only = 0.25;      // begin by DNS and can never be asked to move
  double steered = 0.50;       // ask content steering once in a period (the row's TTL)
  // Of the sessions on a target with more load than capacity that give up, per second and per part
  // by which it is over; 0 = they suffer in silence, as the prototype's did.
  double abandon_per_s = 0;
  double retry = 0.8;     // of those that give up: join again...
  double retry_s = 1;     // ...after this long on average
  double retry_asks = 1;  // requests each sends until it plays: a storm sends several
  // Players go down their ladder when a target is slow: within kAdaptDownS to what fits, back up
  // within kAdaptUpS (world.cc). Else they go on asking for all of it.
  bool adapt = false;
  // Of the steered: HLS. hls.js shuns a pathway that failed for 5 minutes, DASH players for a TTL
  // (papers 6.4).
  double hls = 0.7;
};

// What a target is like that serves what it has not served before.
struct Caches {
  double cold_loss = 0;     // of the capacity, while all has to be fetched from the origin
  double warm_tau_s = 60;   // cold to warm while it serves
  double cool_tau_s = 900;  // and back while it does not
};

struct Resolvers {
  // Viewers behind one cache. An ISP of a few million homes runs some hundred resolvers.
  double viewers_each = 10'000;
  double stretch = 0.10;  // hold answers longer than told: 30 s becomes 300 s and more
  double stretch_s = 400;
  double straggle = 0.03;     // hardly ever ask again
  double straggle_s = 900;    // 15 min, as papers 4.3 models them
  bool gaps_are_read = true;  // the server learns arrivals from gaps between queries
  double gap_error = 0.20;    // of what is learned about a group from gaps between its queries
};

struct FeedHabits {
  int period_s = 5;
  int delay_s = 3;
  double noise = 0.02;    // of a reported load, one standard deviation
  int ttl_s = 15;         // three reports
  bool sessions = false;  // reports sessions beside egress
  double loss = 0;        // of the reports never arrive
};

struct WorldConfig {
  uint64_t seed = 1;
  // 15 Nov 2024 20:00 New York, the evening rehearsals are modelled on.
  absl::Time start = absl::FromUnixSeconds(1'731'718'800);
  size_t groups = 2'000;
  size_t targets = 120;
  size_t candidates = 16;         // of a group: two thirds near, one third spread
  size_t services = 1;            // alike but for their part of the audience: 2^-1, 2^-2, ...
  double capacity_factor = 1.2;   // all capacity / (peak sessions x bitrate)
  double capacity_sigma = 0.7;    // of its logarithm, between targets
  double pareto = 1.2;            // group sizes
  double group_share_max = 0.03;  // the largest resolver seen had 3 % of an audience
  double bitrate_mbps = 5;
  // What the policy says a session lasts, as part of the truth: known only roughly.
  double session_told = 0.8;
  double demand_sigma = 0.10;  // log of each region's arrivals about the curve, correlated for...
  double demand_tau_s = 60;
  double background = 0;  // of capacity, moves unseen by +-30 % in 20 min
  double ttl_s = 30;      // of answers; 2/3 of it while shedding, 1/3 while draining
  double shed_from = 0.80, watermark = 0.90, hard = 0.95;
  std::vector<Audience> audiences = {Audience{}};  // Terrain::row_curve says whose is which
  std::vector<ScenePoint> scenes;                  // empty = constant
  Players players;
  Caches caches;
  Resolvers resolvers;
  FeedHabits feeds;
};

// Value of the scene curve at t; 1 when there is none.
double SceneFactor(const std::vector<ScenePoint>& scenes, double t_s);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_WORLD_CONFIG_H_
