// steering/record/encoder.cc -- see encoder.h.
#include "steering/record/encoder.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/crc32c.h"
#include "steering/plan/plan_hash.h"

namespace spillway::record {
namespace {

void PutItem(ItemKind kind, absl::string_view payload, std::string* out) {
  ByteWriter to(out);
  to.Fixed32(static_cast<uint32_t>(payload.size()));
  const char kind_octet = static_cast<char>(kind);
  to.Byte(static_cast<uint8_t>(kind));
  to.Fixed32(Crc32c(payload, Crc32c(absl::string_view(&kind_octet, 1))));
  out->append(payload.data(), payload.size());
}

void PutGroup(const Group& group, ByteWriter* to) {
  to->Text(group.name);
  to->Text(group.country);
  to->Number(group.labels.size());
  for (const LabelId label : group.labels) to->Number(label.value());
  to->Byte(group.location.has_value());
  if (!group.location) return;
  to->Double(group.location->lat);
  to->Double(group.location->lon);
}

void PutAge(const AgeMark& age, absl::Time now, ByteWriter* to) {
  to->Byte(age.grows);
  if (age.grows) {
    to->Time(age.since, now);
  } else {
    to->Span(age.fixed);
  }
}

void PutDrain(const std::optional<Drain>& drain, absl::Time now, ByteWriter* to) {
  to->Byte(drain.has_value());
  if (!drain) return;
  to->Text(drain->who);
  to->Text(drain->why);
  to->Time(drain->since, now);
  to->Time(drain->until, now);
}

bool SameDrain(const std::optional<Drain>& a, const std::optional<Drain>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a ||
         (a->who == b->who && a->why == b->why && a->since == b->since && a->until == b->until);
}

bool SameAge(const AgeMark& a, const AgeMark& b) {
  return a.grows == b.grows && a.fixed == b.fixed && a.since == b.since;
}

void PutPlan(const Plan& plan, uint64_t frame, absl::Time now, ByteWriter* to) {
  to->Number(frame);
  to->Number(plan.generation);
  to->Time(plan.made_at, now);
  to->Byte(plan.fail_static);
  to->Number(plan.rows.size());
  for (const PlanRow& row : plan.rows) {
    to->Number(row.cells == PlanRow::kUnsplit ? 0 : uint64_t{row.cells} + 1);
    to->Byte(row.only_slot);
    to->Byte(static_cast<uint8_t>(row.state));
    to->Byte(row.ladder_step);
    to->Number(row.ttl_s);
  }
  to->Number(plan.slots.size());
  const auto holds = [](const SlotPlan& slot) { return slot.quota > 0; };
  to->Number(static_cast<uint64_t>(std::count_if(plan.slots.begin(), plan.slots.end(), holds)));
  size_t next = 0;
  for (size_t s = 0; s < plan.slots.size(); ++s) {
    if (!holds(plan.slots[s])) continue;
    to->Number(s - next);
    to->Number(plan.slots[s].quota);
    next = s + 1;
  }
  to->Text({reinterpret_cast<const char*>(plan.cells.data()), plan.cells.size()});
  to->Number(plan.targets.size());
  for (const TargetStatus& target : plan.targets) to->Byte(target.up);
}

}  // namespace

bool Encoder::Fits(const Frame& frame) {
  size_t bytes = 0;
  for (const PolicyFile& file : frame.policy->files) bytes += file.name.size() + file.text.size();
  return !frame.policy->files.empty() && bytes < kItemSizeMax / 2 &&
         frame.policy->targets.size() <= kTargetsMax && frame.candidates->row_count() <= kRowsMax &&
         frame.candidates->slot_count() <= kSlotsMax && frame.groups->groups().size() <= kGroupsMax;
}

void Encoder::BeginFile(const Begin& begin, std::string* out) {
  ByteWriter head(out);
  out->append(kMagic.data(), kMagic.size());
  head.Fixed32(kFormatVersion);
  payload_.clear();
  ByteWriter to(&payload_);
  to.Fixed64(begin.run);
  to.Number(begin.file);
  to.Byte(static_cast<uint8_t>(begin.why));
  to.Number(begin.first_tick);
  to.Time(begin.at, absl::UnixEpoch());
  to.Text(begin.program);
  PutItem(ItemKind::kBegin, payload_, out);

  file_ = begin.file;
  policies_ = groups_ = 0;
  policy_version_.clear();
  group_map_.reset();
  first_ = true;
  frame_ = 0;
  now_ = begin.at;
  targets_.clear();
  arrivals_.clear();
  heavy_ = nullptr;
  epoch_ = 0;
  generation_ = 0;
}

// Writes the frame when this file does not hold it yet.
uint64_t Encoder::NumberOf(const std::shared_ptr<const Frame>& frame, std::string* out) {
  const auto gone = [](const KnownFrame& known) { return known.frame.expired(); };
  frames_.erase(std::remove_if(frames_.begin(), frames_.end(), gone), frames_.end());
  auto known = std::find_if(frames_.begin(), frames_.end(), [&](const KnownFrame& k) {
    return !k.frame.owner_before(frame) && !frame.owner_before(k.frame);
  });
  const bool fresh = known == frames_.end();
  if (fresh) known = frames_.insert(known, {frame, frame_count_++, file_});
  if (fresh || known->file != file_) PutFrame(*frame, known->number, out);
  known->file = file_;
  return known->number;
}

void Encoder::PutFrame(const Frame& frame, uint64_t number, std::string* out) {
  std::string payload;
  ByteWriter to(&payload);
  if (policies_ == 0 || policy_version_ != frame.policy->version) {
    to.Number(frame.policy->files.size());
    for (const PolicyFile& file : frame.policy->files) {
      to.Text(file.name);
      to.Text(file.text);
    }
    PutItem(ItemKind::kPolicy, payload, out);
    policy_version_ = frame.policy->version;
    ++policies_;
  }
  if (groups_ == 0 || group_map_.lock() != frame.groups) {
    payload.clear();
    to.Number(frame.groups->groups().size());
    for (const Group& group : frame.groups->groups()) PutGroup(group, &to);
    PutItem(ItemKind::kGroups, payload, out);
    group_map_ = frame.groups;
    ++groups_;
  }
  payload.clear();
  to.Number(number);
  to.Number(policies_ - 1);
  to.Number(groups_ - 1);
  PutItem(ItemKind::kFrame, payload, out);
}

void Encoder::PutFacts(const Facts& facts, ByteWriter* to) {
  to->Byte(facts.telemetry_frozen);
  to->Number(facts.targets.size());
  size_t next = 0;
  for (size_t t = 0; t < facts.targets.size(); ++t) {
    const TargetFacts& now = facts.targets[t];
    const Target& before = targets_[t];
    Target after;
    after.age = AgeMark::Of(now.age, facts.now, before.age);
    after.probe_age = AgeMark::Of(now.probe_age, facts.now, before.probe_age);
    uint8_t changed = 0;
    if (!(now.load == before.facts.load)) changed |= kLoadBit;
    if (!(now.capacity == before.facts.capacity)) changed |= kCapacityBit;
    if (now.reported != before.facts.reported || now.probed != before.facts.probed ||
        now.feed != before.facts.feed)
      changed |= kStateBit;
    if (!SameAge(after.age, before.age)) changed |= kAgeBit;
    if (!SameAge(after.probe_age, before.probe_age)) changed |= kProbeAgeBit;
    if (now.sequence != before.facts.sequence) changed |= kSequenceBit;
    if (now.source != before.facts.source) changed |= kSourceBit;
    if (!SameDrain(now.drain, before.facts.drain)) changed |= kDrainBit;
    if (changed == 0) continue;
    to->Number(t - next + 1);
    to->Byte(changed);
    PutTarget(now, facts.now, changed, after, to);
    targets_[t] = std::move(after);
    targets_[t].facts = now;
    next = t + 1;
  }
  to->Number(0);
}

void Encoder::PutTarget(const TargetFacts& facts, absl::Time now, uint8_t changed,
                        const Target& next, ByteWriter* to) {
  if (changed & kLoadBit) to->Resources(facts.load);
  if (changed & kCapacityBit) to->Resources(facts.capacity);
  if (changed & kStateBit) {
    to->Byte(static_cast<uint8_t>(facts.reported));
    to->Byte(static_cast<uint8_t>(facts.probed));
    to->Byte(static_cast<uint8_t>(facts.feed));
  }
  if (changed & kAgeBit) PutAge(next.age, now, to);
  if (changed & kProbeAgeBit) PutAge(next.probe_age, now, to);
  if (changed & kSequenceBit) to->Number(facts.sequence);
  if (changed & kSourceBit) to->Text(facts.source);
  if (changed & kDrainBit) PutDrain(facts.drain, now, to);
}

void Encoder::PutCounts(const std::vector<float>& counts, ByteWriter* to) {
  size_t next = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (std::bit_cast<uint32_t>(counts[i]) == 0) continue;
    to->Number(i - next + 1);
    to->Float(counts[i]);
    next = i + 1;
  }
  to->Number(0);
}

void Encoder::PutAnswers(const ControllerInputs& in, ByteWriter* to) {
  const std::vector<float>* const fronts[] = {&in.activity.dns, &in.activity.redirect,
                                              &in.activity.steering};
  static_assert(std::size(fronts) == kFrontCount);
  to->Span(in.activity.elapsed);
  to->Number(in.activity.dns.size());
  if (in.activity.dns.empty()) return;
  for (const std::vector<float>* counts : fronts) {
    CHECK(counts->size() == in.activity.dns.size());
    PutCounts(*counts, to);
  }
  to->Number(in.activity.put_off.size());
  if (!in.activity.put_off.empty()) PutCounts(in.activity.put_off, to);
}

void Encoder::PutArrivals(absl::Span<const float> arrivals, ByteWriter* to) {
  to->Number(arrivals.size());
  if (arrivals.empty()) return;
  arrivals_.resize(arrivals.size());
  size_t next = 0;
  for (size_t row = 0; row < arrivals.size(); ++row) {
    if (std::bit_cast<uint32_t>(arrivals[row]) == std::bit_cast<uint32_t>(arrivals_[row])) continue;
    to->Number(row - next + 1);
    to->Float(arrivals[row]);
    arrivals_[row] = arrivals[row];
    next = row + 1;
  }
  to->Number(0);
}

// 0 = as before, 1 = none, else the members and 2.
void Encoder::PutHeavy(const std::shared_ptr<const HeavySet>& heavy, ByteWriter* to) {
  if (heavy == heavy_) return to->Number(0);
  heavy_ = heavy;
  if (heavy == nullptr) return to->Number(1);
  std::vector<uint64_t> members = heavy->members();
  std::sort(members.begin(), members.end());
  to->Number(members.size() + 2);
  for (const uint64_t member : members) to->Fixed64(member);
}

InForce Encoder::Judge(const std::shared_ptr<const Plan>& plan) const {
  if (plan == nullptr) return InForce::kNone;
  if (plan == in_force_) return InForce::kSame;
  if (plan == last_) return InForce::kLast;
  // The watchdog numbers a copy when a plan of its own came in between.
  if (last_ != nullptr && plan->frame == last_->frame && plan->made_at == last_->made_at &&
      PlanHash(*plan) == last_hash_)
    return InForce::kRenumbered;
  return InForce::kOther;
}

void Encoder::PutInForce(const Plan* plan, InForce kind, bool whole, uint64_t frame,
                         ByteWriter* to) {
  to->Byte(static_cast<uint8_t>(kind));
  if (kind == InForce::kRenumbered) to->Number(plan->generation);
  to->Byte(whole);
  if (whole) PutPlan(*plan, frame, now_, to);
}

void Encoder::Tick(const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
                   const std::shared_ptr<const Plan>& plan, bool rejected, std::string* out) {
  const InForce kind = Judge(in.in_force);
  const uint64_t number = NumberOf(frame, out);
  // Only plans that are written whole name their frame.
  const bool whole = in.in_force != nullptr && (kind == InForce::kOther || first_);
  const uint64_t in_force_frame = whole ? NumberOf(in.in_force->frame, out) : 0;
  if (first_ || number != frame_) {
    targets_.assign(in.facts.targets.size(), {});
    arrivals_.clear();
  }
  payload_.clear();
  ByteWriter to(&payload_);
  to.Time(in.facts.now, now_);
  now_ = in.facts.now;
  to.Number(number);
  PutFacts(in.facts, &to);
  PutAnswers(in, &to);
  PutArrivals(in.resolver_arrivals, &to);
  PutHeavy(in.heavy, &to);
  to.Signed(static_cast<int64_t>(in.epoch) - static_cast<int64_t>(epoch_));
  PutInForce(in.in_force.get(), kind, whole, in_force_frame, &to);
  const uint64_t hash = PlanHash(*plan);
  to.Signed(static_cast<int64_t>(plan->generation - generation_));
  to.Fixed64(hash);
  to.Byte(rejected);
  PutItem(ItemKind::kTick, payload_, out);

  first_ = false;
  frame_ = number;
  epoch_ = in.epoch;
  generation_ = plan->generation;
  in_force_ = in.in_force;
  last_ = plan;
  last_hash_ = hash;
}

}  // namespace spillway::record
