#include "steering/feed/target_feed.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/units.h"

namespace spillway {
namespace {

// A result older than this many rounds of its probe says nothing about now: our prober, not the
// target, has stopped.
constexpr int kProbeRoundsKept = 6;

std::string Shown(Resource r, double value) {
  return r == Resource::kEgress ? FormatBitrate(value) : FormatCount(value);
}

std::string SecondsText(absl::Duration d) {
  return absl::StrFormat("%.3g s", absl::ToDoubleSeconds(d));
}

bool SuspectCapacity(double before, double after) {
  return std::abs(after - before) > kSuspectCapacityChange * before;
}

bool SuspectLoad(double before, double after, double capacity) {
  return before > kSuspectLoadFrom * capacity && after <= kSuspectLoadTo * capacity;
}

void MergeMax(Resource r, double value, ResourceVector* into) {
  into->Set(r, into->has(r) ? std::max((*into)[r], value) : value);
}

void MergeMin(Resource r, double value, ResourceVector* into) {
  into->Set(r, into->has(r) ? std::min((*into)[r], value) : value);
}

// Up if anyone says up.
Health AnyUp(Health a, Health b) {
  if (a == Health::kUp || b == Health::kUp) return Health::kUp;
  return a == Health::kDown || b == Health::kDown ? Health::kDown : Health::kUnknown;
}

bool SameCheck(const ProbeSpec& a, const ProbeSpec& b) {
  return a.kind == b.kind && a.url == b.url && a.endpoint == b.endpoint;
}

TargetFeed::Verdict Refuse(RowErrorCode code, std::string message) {
  TargetFeed::Verdict verdict;
  verdict.kind = TargetFeed::Verdict::Kind::kRefused;
  verdict.code = code;
  verdict.message = std::move(message);
  return verdict;
}

// Order of the samples of one source about one target. A source that restarts may count from the
// beginning again: its clock, which went on, proves that the sample is new.
std::optional<TargetFeed::Verdict> CheckOrder(const Sample& last, const Sample& sample) {
  bool later = sample.sequence > last.sequence;
  if (sample.sequence == last.sequence && sample.measured_at == last.measured_at) {
    TargetFeed::Verdict unchanged;
    unchanged.kind = TargetFeed::Verdict::Kind::kUnchanged;
    return unchanged;
  }
  if (later && sample.measured_at < last.measured_at) {
    return Refuse(
        RowErrorCode::kOldTime,
        absl::StrCat("measured_at: want not before that of sequence ", last.sequence, ", got ",
                     SecondsText(last.measured_at - sample.measured_at), " before"));
  }
  if (!later && sample.measured_at <= last.measured_at) {
    return Refuse(
        RowErrorCode::kOldSequence,
        absl::StrCat("sequence: want more than ", last.sequence, ", got ", sample.sequence));
  }
  return std::nullopt;
}

}  // namespace

absl::Duration TargetFeed::Slot::Age(absl::Time now) const {
  return std::max(absl::ZeroDuration(), now - sample.measured_at);
}

FeedState TargetFeed::Slot::State(absl::Time now) const {
  absl::Duration age = Age(now);
  if (age <= sample.ttl) return FeedState::kFresh;
  return age <= kFrozenAfterTtls * sample.ttl ? FeedState::kAgeing : FeedState::kFrozen;
}

TargetFeed::Slot* TargetFeed::FindSlot(absl::string_view source) {
  for (Slot& slot : slots_) {
    if (slot.source == source) return &slot;
  }
  return nullptr;
}

// Makes room by forgetting the longest silent source, but never one that may still come back in
// time.
TargetFeed::Slot* TargetFeed::NewSlot(absl::string_view source, absl::Time now) {
  if (slots_.size() == kSourcesMax) {
    auto oldest = std::min_element(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) {
      return a.sample.measured_at < b.sample.measured_at;
    });
    if (oldest->State(now) != FeedState::kFrozen) return nullptr;
    slots_.erase(oldest);
  }
  slots_.emplace_back();
  slots_.back().source = std::string(source);
  return &slots_.back();
}

TargetFeed::Verdict TargetFeed::Accept(absl::string_view source, const Sample& sample,
                                       const ResourceVector& capacity, absl::Time now) {
  if (sample.measured_at > now + kFutureMax) {
    return Refuse(RowErrorCode::kFromFuture,
                  absl::StrCat("measured_at: want at most ", SecondsText(kFutureMax),
                               " ahead of our clock, got ", SecondsText(sample.measured_at - now)));
  }
  if (now - sample.measured_at > kFrozenAfterTtls * sample.ttl) {
    return Refuse(RowErrorCode::kExpired, absl::StrCat("measured_at: want at most ",
                                                       SecondsText(kFrozenAfterTtls * sample.ttl),
                                                       " ago (", kFrozenAfterTtls, " x ttl), got ",
                                                       SecondsText(now - sample.measured_at)));
  }
  Verdict verdict;
  Slot* slot = FindSlot(source);
  bool known = slot != nullptr;
  if (known) {
    if (auto refusal = CheckOrder(slot->sample, sample)) return *std::move(refusal);
    verdict.restarted = sample.sequence <= slot->sample.sequence;
  } else if (slot = NewSlot(source, now); slot == nullptr) {
    return Refuse(RowErrorCode::kTooManySources,
                  absl::StrCat("want at most ", kSourcesMax, " sources of one target at a time"));
  }
  Slot next = {slot->source, sample, {}, {}};
  if (known) verdict.held = HoldSuspects(*slot, capacity, now, &next);
  verdict.moves_plan = !known || slot->State(now) != FeedState::kFresh ||
                       slot->sample.health != next.sample.health ||
                       slot->sample.current != next.sample.current ||
                       slot->sample.hard != next.sample.hard;
  *slot = std::move(next);
  return verdict;
}

// Puts the last trusted value in the place of each suspect one, and remembers what was claimed. A
// claim is believed when the next, later sample makes it again.
std::string TargetFeed::HoldSuspects(const Slot& slot, const ResourceVector& capacity,
                                     absl::Time now, Slot* next) const {
  std::string held;
  const Sample& before = slot.sample;
  Sample& after = next->sample;
  if (slot.State(now) == FeedState::kFrozen) return held;  // too old to doubt anyone with
  bool later = after.measured_at > before.measured_at;
  auto hold = [&held](Resource r, absl::string_view what, double from, double to) {
    absl::StrAppend(&held, held.empty() ? "" : ", ", ResourceName(r), " ", what, " from ",
                    Shown(r, from), " to ", Shown(r, to));
  };
  for (Resource r : kResources) {
    if (before.hard.has(r) && after.hard.has(r) && SuspectCapacity(before.hard[r], after.hard[r])) {
      bool confirmed = later && slot.suspect_hard.has(r) &&
                       !SuspectCapacity(slot.suspect_hard[r], after.hard[r]);
      if (!confirmed) {
        hold(r, "hard", before.hard[r], after.hard[r]);
        next->suspect_hard.Set(r, after.hard[r]);
        after.hard.Set(r, before.hard[r]);
        before.soft.has(r) ? after.soft.Set(r, before.soft[r]) : after.soft.Clear(r);
      }
    }
    // A target that is down or drained is expected to be idle.
    if (after.health == Health::kDown || ActiveDrain(now) != nullptr) continue;
    const ResourceVector& limit = before.hard.has(r) ? before.hard : capacity;
    if (!limit.has(r) || !before.current.has(r) || !after.current.has(r)) continue;
    if (SuspectLoad(before.current[r], after.current[r], limit[r]) &&
        !(later && slot.suspect_current.has(r))) {
      hold(r, "current", before.current[r], after.current[r]);
      next->suspect_current.Set(r, after.current[r]);
      after.current.Set(r, before.current[r]);
    }
  }
  return held;
}

void TargetFeed::SetProbes(const std::vector<ProbeSpec>& probes) {
  std::vector<ProbeState> old = std::move(probes_);
  probes_.clear();
  for (const ProbeSpec& spec : probes) {
    ProbeState state = {spec, {}};
    for (ProbeState& candidate : old) {
      if (SameCheck(candidate.spec, spec)) state.vantages = std::move(candidate.vantages);
    }
    probes_.push_back(std::move(state));
  }
}

bool TargetFeed::ProbeResult(size_t probe, absl::string_view vantage, bool ok, absl::Time now) {
  if (probe >= probes_.size()) return false;
  Health before = Probed(now);
  ProbeState& state = probes_[probe];
  auto it = std::find_if(state.vantages.begin(), state.vantages.end(),
                         [&](const VantageState& v) { return v.vantage == vantage; });
  if (it == state.vantages.end()) {
    if (state.vantages.size() == kVantagesMax) return false;
    it = state.vantages.insert(it, {std::string(vantage), {}, now});
  }
  it->at = now;
  it->health.Add(ok, std::max(1, state.spec.rise), std::max(1, state.spec.fall));
  return Probed(now) != before;
}

Health TargetFeed::ProbeState::Merged(absl::Time now) const {
  absl::Duration kept = kProbeRoundsKept * (spec.interval + spec.timeout);
  Health health = Health::kUnknown;
  for (const VantageState& v : vantages) {
    if (now - v.at <= kept) health = AnyUp(health, v.health.health());
  }
  return health;
}

Health TargetFeed::Probed(absl::Time now) const {
  Health health = Health::kUnknown;
  for (const ProbeState& probe : probes_) {
    Health one = probe.Merged(now);
    if (one == Health::kDown) return Health::kDown;
    if (one == Health::kUp) health = Health::kUp;
  }
  return health;
}

bool TargetFeed::ClearDrain() {
  bool had = drain_.has_value();
  drain_.reset();
  return had;
}

const Drain* TargetFeed::ActiveDrain(absl::Time now) const {
  return drain_ && now < drain_->until ? &*drain_ : nullptr;
}

bool TargetFeed::Forgettable(absl::Time now) const {
  return ActiveDrain(now) == nullptr &&
         std::all_of(slots_.begin(), slots_.end(),
                     [&](const Slot& s) { return s.State(now) == FeedState::kFrozen; });
}

// A source that has been silent for long stops counting as soon as another one is fresh.
bool TargetFeed::Contributes(const Slot& slot, absl::Time now) const {
  if (slot.Age(now) <= std::max(kForgetAfter, kFrozenAfterTtls * slot.sample.ttl)) return true;
  return std::none_of(slots_.begin(), slots_.end(),
                      [&](const Slot& s) { return s.State(now) == FeedState::kFresh; });
}

void TargetFeed::Fill(const Target& target, absl::Time now, TargetFacts* facts) const {
  if (const Drain* drain = ActiveDrain(now)) facts->drain = *drain;
  facts->probed = Probed(now);
  facts->probe_age = absl::InfiniteDuration();
  for (const ProbeState& probe : probes_) {
    for (const VantageState& v : probe.vantages) {
      facts->probe_age = std::min(facts->probe_age, std::max(absl::ZeroDuration(), now - v.at));
    }
  }
  facts->capacity = target.capacity;
  AspectStates best = BestStates(now);
  MergeReports(best, now, facts);
  // A "down" that nobody has repeated for long yields to our own eyes.
  if (best[kHealthAspect] == FeedState::kFrozen && facts->probed == Health::kUp) {
    facts->reported = Health::kUnknown;
  }
  facts->feed = WorstKnown(best);
  // The report that explains the state: the newest of those in it.
  const Slot* shown = nullptr;
  for (const Slot& slot : slots_) {
    if (!Contributes(slot, now) || slot.State(now) != facts->feed) continue;
    if (shown == nullptr || slot.sample.measured_at > shown->sample.measured_at) shown = &slot;
  }
  if (shown == nullptr) return;
  facts->age = shown->Age(now);
  facts->sequence = shown->sample.sequence;
  facts->source = shown->source;
}

// The best state in which any source knows each aspect: a fresh word beats an ageing one.
TargetFeed::AspectStates TargetFeed::BestStates(absl::Time now) const {
  AspectStates best{};
  for (const Slot& slot : slots_) {
    if (!Contributes(slot, now)) continue;
    FeedState state = slot.State(now);
    auto note = [&](bool said, size_t aspect) {
      if (said && (best[aspect] == FeedState::kNone || state < best[aspect])) best[aspect] = state;
    };
    for (Resource r : kResources) {
      note(slot.sample.current.has(r), LoadAspect(r));
      note(slot.sample.hard.has(r), CapacityAspect(r));
    }
    note(slot.sample.health != Health::kUnknown, kHealthAspect);
  }
  return best;
}

// Of the loads, so that fresh sessions do not hide that egress has gone quiet; capacities move
// rarely and health has its own judgement, so they count only where no load is known.
FeedState TargetFeed::WorstKnown(const AspectStates& best) {
  auto worst = [&](size_t begin, size_t end) {
    return *std::max_element(&best[begin], &best[end]);
  };
  for (auto [begin, end] :
       {std::pair{size_t{0}, kResourceCount}, {kResourceCount, kHealthAspect}}) {
    if (FeedState state = worst(begin, end); state != FeedState::kNone) return state;
  }
  return best[kHealthAspect];
}

void TargetFeed::MergeReports(const AspectStates& best, absl::Time now, TargetFacts* facts) const {
  ResourceVector reported;
  for (const Slot& slot : slots_) {
    if (!Contributes(slot, now)) continue;
    FeedState state = slot.State(now);
    for (Resource r : kResources) {
      if (slot.sample.current.has(r) && best[LoadAspect(r)] == state) {
        MergeMax(r, slot.sample.current[r], &facts->load);
      }
      if (slot.sample.hard.has(r) && best[CapacityAspect(r)] == state) {
        MergeMin(r, slot.sample.hard[r], &reported);
      }
    }
    if (best[kHealthAspect] == state) facts->reported = AnyUp(facts->reported, slot.sample.health);
  }
  for (Resource r : kResources) {
    if (reported.has(r)) facts->capacity.Set(r, reported[r]);
  }
}

}  // namespace spillway
