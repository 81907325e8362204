// steering/record/decoder.cc -- see decoder.h.
#include "steering/record/decoder.h"

#include <string>
#include <utility>

#include "base/crc32c.h"

namespace spillway::record {
namespace {

// An enum of `count` values that begin with 0.
template <typename Enum>
Enum ReadEnum(ByteReader* from, size_t count) {
  const uint8_t value = from->Byte();
  if (value >= count) from->Fail();
  return from->ok() ? static_cast<Enum>(value) : Enum{};
}

bool ReadBool(ByteReader* from) { return ReadEnum<uint8_t>(from, 2) != 0; }

Group ReadGroup(ByteReader* from) {
  Group group;
  group.name = std::string(from->Text());
  group.country = std::string(from->Text());
  const size_t labels = from->Count();
  for (size_t i = 0; i < labels && from->ok(); ++i)
    group.labels.emplace_back(from->Below(LabelId::kInvalidValue));
  if (ReadBool(from)) {
    const double lat = from->Double(), lon = from->Double();
    group.location = GeoPoint{lat, lon};
  }
  return group;
}

AgeMark ReadAge(ByteReader* from, absl::Time now) {
  AgeMark age;
  age.grows = ReadBool(from);
  if (age.grows) {
    age.since = from->Time(now);
  } else {
    age.fixed = from->Span();
  }
  return age;
}

std::optional<Drain> ReadDrain(ByteReader* from, absl::Time now) {
  if (!ReadBool(from)) return std::nullopt;
  Drain drain;
  drain.who = std::string(from->Text());
  drain.why = std::string(from->Text());
  drain.since = from->Time(now);
  drain.until = from->Time(now);
  return drain;
}

constexpr size_t kHealthCount = 3, kFeedStateCount = 4, kRowStateCount = 4;

}  // namespace

absl::string_view RecordErrorText(RecordError error) {
  constexpr absl::string_view kTexts[] = {
      "whole",
      "not a recording of spillwayd",
      "a recording of another version of the format",
      "cut short: the writer was stopped in the middle of an item",
      "damaged: an item's checksum is wrong",
      "damaged: an item makes no sense though its checksum is right",
  };
  return kTexts[static_cast<size_t>(error)];
}

RecordError Decoder::Open() {
  // Less than a whole head is a file just begun, as long as what is there is right.
  if (kMagic.substr(0, bytes_.size()) != bytes_.substr(0, kMagic.size()))
    return error_ = RecordError::kForeign;
  if (bytes_.size() < kFileHeadSize) return error_ = RecordError::kTorn;
  ByteReader head(bytes_.substr(kMagic.size(), 4));
  if (head.Fixed32() != kFormatVersion) return error_ = RecordError::kVersion;
  at_ = kFileHeadSize;
  ItemKind kind;
  absl::string_view payload;
  if (!ReadItem(&kind, &payload)) {
    if (error_ == RecordError::kNone) error_ = RecordError::kTorn;  // nothing behind the head
    return error_;
  }
  if (kind != ItemKind::kBegin || !ReadBegin(ByteReader(payload)))
    return error_ = RecordError::kMalformed;
  at_ += kItemHeadSize + payload.size();
  return RecordError::kNone;
}

// False at the end and at the first fault; at_ stays.
bool Decoder::ReadItem(ItemKind* kind, absl::string_view* payload) {
  if (at_ == bytes_.size()) return false;
  ByteReader from(bytes_.substr(at_));
  const size_t size = from.Fixed32();
  const absl::string_view kind_octet = from.Octets(1);
  const uint32_t crc = from.Fixed32();
  *payload = from.Octets(size);
  if (!from.ok()) {
    // A flipped length looks like this, too: what is there cannot tell.
    error_ = size > kItemSizeMax ? RecordError::kMalformed : RecordError::kTorn;
    return false;
  }
  if (Crc32c(*payload, Crc32c(kind_octet)) != crc) {
    error_ = RecordError::kChecksum;
    return false;
  }
  *kind = static_cast<ItemKind>(kind_octet[0]);
  return true;
}

Decoder::Item Decoder::End(RecordError error) {
  error_ = error;
  return Item::kEnd;
}

Decoder::Item Decoder::Next() {
  for (;;) {
    ItemKind kind;
    absl::string_view payload;
    if (error_ != RecordError::kNone || !ReadItem(&kind, &payload)) return Item::kEnd;
    const ByteReader from(payload);
    bool good = false;
    switch (kind) {
      case ItemKind::kPolicy:
        good = ReadPolicy(from);
        break;
      case ItemKind::kGroups:
        good = ReadGroups(from);
        break;
      case ItemKind::kFrame:
        good = ReadFrame(from);
        break;
      case ItemKind::kTick:
        good = ReadTick(from);
        break;
      case ItemKind::kBegin:  // a second one: two files in one
        break;
    }
    if (!good) return End(RecordError::kMalformed);
    at_ += kItemHeadSize + payload.size();
    if (kind == ItemKind::kFrame) return Item::kFrame;
    if (kind == ItemKind::kTick) return Item::kTick;
  }
}

bool Decoder::ReadBegin(ByteReader from) {
  begin_.run = from.Fixed64();
  begin_.file = from.Number();
  begin_.why = ReadEnum<Beginning>(&from, kBeginningCount);
  begin_.first_tick = from.Number();
  begin_.at = from.Time(absl::UnixEpoch());
  begin_.program = std::string(from.Text());
  tick_.number = begin_.first_tick - 1;
  tick_.facts.now = begin_.at;
  return from.done();
}

bool Decoder::ReadPolicy(ByteReader from) {
  auto files = std::make_shared<std::vector<PolicyFile>>();
  const size_t count = from.Count();
  for (size_t i = 0; i < count && from.ok(); ++i) {
    PolicyFile file;
    file.name = std::string(from.Text());
    file.text = std::string(from.Text());
    files->push_back(std::move(file));
  }
  policies_.push_back(std::move(files));
  return from.done() && policies_.size() <= kPoliciesMax;
}

bool Decoder::ReadGroups(ByteReader from) {
  auto groups = std::make_shared<std::vector<Group>>();
  const size_t count = from.Count();
  if (count == 0 || count > kGroupsMax) return false;
  for (size_t i = 0; i < count && from.ok(); ++i) groups->push_back(ReadGroup(&from));
  groups_.push_back(std::move(groups));
  return from.done() && groups_.size() <= kPoliciesMax;
}

bool Decoder::ReadFrame(ByteReader from) {
  frame_.number = from.Number();
  const uint64_t policy = from.Below(policies_.size());
  const uint64_t groups = from.Below(groups_.size());
  if (!from.done() || ++frames_ > kPoliciesMax) return false;
  frame_.policy = policies_[policy];
  frame_.groups = groups_[groups];
  return true;
}

void Decoder::ReadTarget(ByteReader* from, absl::Time now, Target* target) {
  const uint8_t changed = from->Byte();
  TargetFacts& facts = target->facts;
  if (changed & kLoadBit) facts.load = from->Resources();
  if (changed & kCapacityBit) facts.capacity = from->Resources();
  if (changed & kStateBit) {
    facts.reported = ReadEnum<Health>(from, kHealthCount);
    facts.probed = ReadEnum<Health>(from, kHealthCount);
    facts.feed = ReadEnum<FeedState>(from, kFeedStateCount);
  }
  if (changed & kAgeBit) target->age = ReadAge(from, now);
  if (changed & kProbeAgeBit) target->probe_age = ReadAge(from, now);
  if (changed & kSequenceBit) facts.sequence = from->Number();
  if (changed & kSourceBit) facts.source = std::string(from->Text());
  if (changed & kDrainBit) facts.drain = ReadDrain(from, now);
}

void Decoder::ReadFacts(ByteReader* from) {
  Facts& facts = tick_.facts;
  facts.telemetry_frozen = ReadBool(from);
  const size_t count = static_cast<size_t>(from->Below(kTargetsMax + 1));
  if (!from->ok()) return;
  if (targets_.empty()) targets_.resize(count);
  if (count != targets_.size()) return from->Fail();
  size_t next = 0;
  for (;;) {
    const uint64_t step = from->Below(count - next + 1);
    if (!from->ok() || step == 0) break;
    next += step;
    ReadTarget(from, facts.now, &targets_[next - 1]);
  }
  facts.targets.resize(count);
  for (size_t t = 0; t < count; ++t) {
    facts.targets[t] = targets_[t].facts;
    facts.targets[t].age = targets_[t].age.At(facts.now);
    facts.targets[t].probe_age = targets_[t].probe_age.At(facts.now);
  }
}

void Decoder::ReadAnswers(ByteReader* from) {
  tick_.elapsed = from->Span();
  tick_.slots = static_cast<size_t>(from->Below(kSlotsMax + 1));
  for (std::vector<RecordedTick::Answers>& answers : tick_.answers)
    ReadCounts(from, tick_.slots, &answers);
  tick_.put_off_rows =
      tick_.slots > 0 ? static_cast<size_t>(from->Below(kRowsMax + 1)) : 0;
  ReadCounts(from, tick_.put_off_rows, &tick_.put_off);
}

void Decoder::ReadCounts(ByteReader* from, size_t count,
                         std::vector<RecordedTick::Answers>* counts) {
  counts->clear();
  size_t next = 0;
  while (count > 0) {
    const uint64_t step = from->Below(count - next + 1);
    if (!from->ok() || step == 0) break;
    next += step;
    counts->push_back({static_cast<uint32_t>(next - 1), from->Float()});
  }
}

void Decoder::ReadArrivals(ByteReader* from) {
  tick_.arrivals.reset();
  const size_t count = static_cast<size_t>(from->Below(kRowsMax + 1));
  if (!from->ok() || count == 0) return;
  arrivals_.resize(count);
  size_t next = 0;
  for (;;) {
    const uint64_t step = from->Below(count - next + 1);
    if (!from->ok() || step == 0) break;
    next += step;
    arrivals_[next - 1] = from->Float();
  }
  tick_.arrivals = arrivals_;
}

void Decoder::ReadHeavy(ByteReader* from) {
  const uint64_t kind = from->Below(HeavySet::kSizeMax + 3);
  if (!from->ok() || kind == 0) return;
  if (kind == 1) {
    tick_.heavy = nullptr;
    return;
  }
  std::vector<uint64_t> members(static_cast<size_t>(kind - 2));
  for (uint64_t& member : members) member = from->Fixed64();
  if (from->ok()) tick_.heavy = std::make_shared<const HeavySet>(members);
}

void Decoder::ReadPlan(ByteReader* from, RecordedPlan* plan) {
  plan->frame = from->Number();
  plan->generation = from->Number();
  plan->made_at = from->Time(tick_.facts.now);
  plan->fail_static = ReadBool(from);
  plan->rows.resize(from->Count());
  for (PlanRow& row : plan->rows) {
    const uint64_t cells = from->Below(uint64_t{PlanRow::kUnsplit} + 1);
    row.cells = cells == 0 ? PlanRow::kUnsplit : static_cast<uint32_t>(cells - 1);
    row.only_slot = from->Byte();
    row.state = ReadEnum<RowState>(from, kRowStateCount);
    row.ladder_step = from->Byte();
    row.ttl_s = static_cast<uint32_t>(from->Below(uint64_t{1} << 32));
  }
  // Nothing is made for slots that no row could hold.
  const size_t slots = static_cast<size_t>(from->Below(plan->rows.size() * kRowSlotsMax + 1));
  const size_t held = from->Count();
  if (!from->ok() || held > slots) return from->Fail();
  plan->quotas.assign(slots, 0);
  size_t next = 0;
  for (size_t i = 0; i < held && from->ok(); ++i) {
    next += static_cast<size_t>(from->Below(slots - next)) + 1;
    if (from->ok()) plan->quotas[next - 1] = static_cast<uint16_t>(from->Below(kCellCount + 1));
  }
  const absl::string_view cells = from->Text();
  plan->cells.assign(cells.begin(), cells.end());
  plan->up.resize(from->Count());
  for (uint8_t& up : plan->up) up = ReadBool(from);
}

void Decoder::ReadInForce(ByteReader* from) {
  tick_.in_force = ReadEnum<InForce>(from, kInForceCount);
  tick_.in_force_generation = tick_.in_force == InForce::kRenumbered ? from->Number() : 0;
  tick_.in_force_plan.reset();
  if (ReadBool(from)) ReadPlan(from, &tick_.in_force_plan.emplace());
  if (tick_.in_force == InForce::kOther && !tick_.in_force_plan) from->Fail();
}

bool Decoder::ReadTick(ByteReader from) {
  ++tick_.number;
  tick_.facts.now = from.Time(tick_.facts.now);
  const uint64_t frame = from.Number();
  if (first_ || frame != tick_.frame) {
    targets_.clear();
    arrivals_.clear();
  }
  tick_.frame = frame;
  first_ = false;
  ReadFacts(&from);
  ReadAnswers(&from);
  ReadArrivals(&from);
  ReadHeavy(&from);
  tick_.epoch += static_cast<uint32_t>(from.Signed());
  ReadInForce(&from);
  tick_.generation += static_cast<uint64_t>(from.Signed());
  tick_.hash = from.Fixed64();
  tick_.rejected = ReadBool(&from);
  return from.done();
}

}  // namespace spillway::record
