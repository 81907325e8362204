#include "steering/resolvers/cache_estimate.h"

#include <algorithm>
#include <limits>

namespace spillway {
namespace {

// Resolvers keep TTLs in whole seconds (RFC 2181 8), so an answer may be gone up to one early.
constexpr float kRoundingS = 1;
// Three days: resolvers keep nothing for much longer, and 8 of them still fit 32 bits of ms.
constexpr uint32_t kTtlMaxS = 259'200;
// Popular names are asked for again in the last tenth of their TTL (prefetch, as resolvers have it
// by default): the wait then counts from there.
constexpr float kPrefetchPart = 0.1f;
// One wait counts at most 4 of the mean: P(Exp > 4 means) is 2 %, and a night of silence must not
// be remembered all morning. A cache that waits for longer fades in the same proportion.
constexpr float kWaitCap = 4;
// P(Exp > 8 means) is 0.03 %: by then that cache is gone (moved, restarted).
constexpr float kGoneMeans = 8;
constexpr float kGoneMinS = 5;
constexpr int kWaitsTrusted = 4;
constexpr float kWindowsTrusted = 4;
// A variance needs more than a mean: over 32 windows it is right to 1/4.
constexpr float kWindowMemory = 32;

// b - a; negative when b is earlier.
float SecondsFrom(uint32_t a_ms, uint32_t b_ms) {
  return static_cast<float>(static_cast<int32_t>(b_ms - a_ms)) * 1e-3f;
}

uint32_t Millis(float s) { return static_cast<uint32_t>(s * 1000); }

}  // namespace

// The place whose answer expired last; else the one that may have been renewed early and was
// nearest to its end; else -1: all are alive.
int CacheEstimate::FindExpired(uint32_t at_ms) const {
  int best = -1;
  float best_wait = 0;
  for (int i = 0; i < kCachesMax; ++i) {
    if ((used_ >> i & 1) == 0) continue;
    const auto place = static_cast<size_t>(i);
    const float wait = SecondsFrom(expiry_ms_[place], at_ms);
    const float life_s = life_s_[place];
    const float early_s = std::min(std::max(kRoundingS, kPrefetchPart * life_s), life_s / 2);
    if (wait < -early_s) continue;
    const bool better = wait >= 0 ? best_wait < 0 || wait < best_wait : wait > best_wait;
    if (best >= 0 && !better) continue;
    best = i;
    best_wait = wait;
  }
  return best;
}

// How long the known caches had nothing since the last answer, all together: summed over the
// questions that is the sum of waits whichever cache asked, those that never ask again included.
float CacheEstimate::DarkSince(uint32_t at_ms) const {
  float dark_s = 0;
  const float since_last_s = std::max(SecondsFrom(last_ms_, at_ms), 0.0f);
  for (int i = 0; i < kCachesMax; ++i) {
    if ((confirmed_ >> i & 1) == 0) continue;
    const float wait_s = SecondsFrom(expiry_ms_[static_cast<size_t>(i)], at_ms);
    dark_s += std::clamp(wait_s, 0.0f, since_last_s);
  }
  return dark_s;
}

// The cache at `place` asked at `at_ms`.
void CacheEstimate::Learn(int place, uint32_t at_ms) {
  const float life_s = life_s_[static_cast<size_t>(place)];
  const float own_s = SecondsFrom(expiry_ms_[static_cast<size_t>(place)], at_ms);
  float wait_s = DarkSince(at_ms);
  // Its first return: what it waited was not among the known ones' time.
  if ((confirmed_ >> place & 1) == 0) wait_s += std::max(own_s, 0.0f);
  if (own_s < -kRoundingS) wait_s += std::max(own_s + kPrefetchPart * life_s, 0.0f);
  confirmed_ = static_cast<Places>(confirmed_ | 1u << place);
  if (waits_ >= kWaitsTrusted) {
    wait_s = std::min(wait_s, kWaitCap * std::max(mean_wait_s_, kWaitMinS));
  }
  if (waits_ < std::numeric_limits<uint16_t>::max()) ++waits_;
  mean_wait_s_ += (wait_s - mean_wait_s_) / std::min(static_cast<float>(waits_), kMemory);
}

void CacheEstimate::ForgetGone(uint32_t at_ms) {
  const float gone_s =
      waits_ >= kWaitsTrusted ? std::max(kGoneMinS, kGoneMeans * mean_wait_s_) : 2 * ttl_s_;
  for (int i = 0; i < kCachesMax; ++i) {
    if ((used_ >> i & 1) == 0) continue;
    const auto place = static_cast<size_t>(i);
    const float wait_s = SecondsFrom(expiry_ms_[place], at_ms);
    const bool confirmed = confirmed_ >> i & 1;
    const bool alone = (used_ & (used_ - 1)) == 0;
    const bool gone = !alone && wait_s > (confirmed ? gone_s : ttl_s_);
    // Given after now: the clock was set back.
    const bool from_future = life_s_[place] < std::numeric_limits<uint16_t>::max() &&
                             wait_s < -(life_s_[place] + kRoundingS);
    if (!gone && !from_future) continue;
    used_ = static_cast<Places>(used_ & ~(1u << i));
    confirmed_ = static_cast<Places>(confirmed_ & ~(1u << i));
  }
}

void CacheEstimate::CountWindow(uint32_t at_ms) {
  float late_s = window_s_ > 0 ? SecondsFrom(window_end_ms_, at_ms) : 0;
  // After so long a silence the windows say nothing about now.
  if (window_s_ == 0 || late_s > kGoneMeans * window_s_) {
    windows_ = 0;
    window_count_ = 0;
    window_s_ = ttl_s_;
    window_end_ms_ = at_ms + Millis(ttl_s_);
    late_s = -1;
  }
  for (; late_s >= 0; late_s -= window_s_) {
    if (windows_ < std::numeric_limits<uint8_t>::max()) ++windows_;
    const float weight = 1 / std::min<float>(windows_, kWindowMemory);
    const float off = static_cast<float>(window_count_) - window_mean_;
    if (windows_ == 1) window_mean_ = window_var_ = 0;
    window_mean_ += weight * (windows_ == 1 ? static_cast<float>(window_count_) : off);
    if (windows_ > 1) window_var_ += weight * (off * off * (1 - weight) - window_var_);
    window_count_ = 0;
    window_end_ms_ += Millis(window_s_);
  }
  if (window_count_ < std::numeric_limits<uint16_t>::max()) ++window_count_;
}

void CacheEstimate::Answered(uint32_t at_ms, uint32_t ttl_s, bool learn) {
  ttl_s_ = static_cast<float>(std::clamp(ttl_s, 1u, kTtlMaxS));
  CountWindow(at_ms);
  ForgetGone(at_ms);
  int place = FindExpired(at_ms);
  if (place >= 0) {
    if (learn) Learn(place, at_ms);
  } else if (used_ != static_cast<Places>(~0u)) {
    place = __builtin_ctz(~unsigned{used_});
    used_ = static_cast<Places>(used_ | 1u << place);
  } else {
    was_crowded_ = true;
    crowded_until_ms_ = at_ms + Millis(4 * ttl_s_);
    const auto sooner = [at_ms](uint32_t a, uint32_t b) { return a - at_ms < b - at_ms; };
    place = static_cast<int>(std::min_element(expiry_ms_.begin(), expiry_ms_.end(), sooner) -
                             expiry_ms_.begin());
  }
  expiry_ms_[static_cast<size_t>(place)] = at_ms + Millis(ttl_s_);
  life_s_[static_cast<size_t>(place)] =
      static_cast<uint16_t>(std::min<float>(ttl_s_, std::numeric_limits<uint16_t>::max()));
  last_ms_ = at_ms;
}

bool CacheEstimate::crowded(uint32_t now_ms) const {
  return was_crowded_ && windows_ >= kWindowsTrusted && SecondsFrom(now_ms, crowded_until_ms_) > 0;
}

double CacheEstimate::CrowdRate() const {
  const double not_warm = window_var_ / std::max(window_mean_, 1e-3f);
  return window_mean_ / window_s_ / std::clamp(not_warm, 1 / kSessionsPerQueryMax, 1.0);
}

double CacheEstimate::SessionsPerS(uint32_t now_ms) const {
  if (crowded(now_ms)) return CrowdRate();
  double sum = 0;
  for (int i = 0; i < kCachesMax; ++i) {
    if ((confirmed_ >> i & 1) == 0) continue;
    const float silent_s = SecondsFrom(expiry_ms_[static_cast<size_t>(i)], now_ms);
    sum += 1 / std::max({mean_wait_s_, silent_s / kWaitCap, kWaitMinS});
  }
  return sum;
}

double CacheEstimate::WarmPart() const {
  return waits_ == 0 ? 0 : ttl_s_ / (ttl_s_ + std::max(mean_wait_s_, kWaitMinS));
}

}  // namespace spillway
