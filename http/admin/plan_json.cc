#include "http/admin/plan_json.h"

#include <array>

#include "steering/model/resources.h"

namespace spillway::http {
namespace {

void WriteOptional(absl::string_view key, bool has, double value, JsonWriter* w) {
  w->Key(key);
  has ? w->Double(value) : w->Null();
}

void WriteResources(absl::string_view key, const ResourceVector& values, JsonWriter* w) {
  w->Key(key).BeginObject();
  for (Resource r : kResources) {
    if (values.has(r)) w->Key(ResourceName(r)).Double(values[r]);
  }
  w->EndObject();
}

void WriteDrain(const std::optional<Drain>& drain, JsonWriter* w) {
  w->Key("drain");
  if (!drain) {
    w->Null();
    return;
  }
  w->BeginObject().Key("who").String(drain->who).Key("why").String(drain->why);
  w->Key("since").String(Rfc3339(drain->since)).Key("until");
  drain->until == absl::InfiniteFuture() ? w->Null() : w->String(Rfc3339(drain->until));
  w->EndObject();
}

// Ages grow between plans: what a person wants is the age now.
double AgeNow(absl::Duration at_plan, const Plan& plan, absl::Time now) {
  return absl::ToDoubleSeconds(at_plan + (now - plan.made_at));
}

void WriteFeed(const TargetStatus& t, const Plan& plan, absl::Time now, JsonWriter* w) {
  w->Key("feed").BeginObject().Key("state").String(FeedStateName(t.facts.feed));
  WriteOptional("age_s", t.facts.feed != FeedState::kNone, AgeNow(t.facts.age, plan, now), w);
  w->Key("source").String(t.facts.source).Key("sequence").Uint(t.facts.sequence).EndObject();
}

void WriteLoadKeys(const TargetStatus& t, JsonWriter* w) {
  WriteOptional("utilisation", t.utilisation >= 0, t.utilisation, w);
  w->Key("binding").String(t.utilisation >= 0 ? ResourceName(t.binding) : "");
  WriteOptional("headroom_mbps", t.headroom_mbps >= 0, t.headroom_mbps, w);
}

ResourceVector EffectiveCapacity(const Target& target, const TargetFacts& facts) {
  ResourceVector capacity = target.capacity;
  for (Resource r : kResources) {
    if (facts.capacity.has(r)) capacity.Set(r, facts.capacity[r]);
  }
  return capacity;
}

using FrontSums = std::array<uint64_t, kFrontCount>;

std::vector<FrontSums> SumGrants(const Plan& plan) {
  std::vector<FrontSums> sums(plan.targets.size(), FrontSums{});
  const CandidateTable& candidates = *plan.frame->candidates;
  for (size_t row = 0; row < candidates.row_count(); ++row) {
    absl::Span<const Slot> slots = candidates.Row(row);
    for (size_t i = 0; i < slots.size(); ++i) {
      for (size_t f = 0; f < kFrontCount; ++f) {
        sums[slots[i].target.index()][f] += plan.frame->grants->Sum(
            static_cast<Front>(f), candidates.RowBegin(row) + static_cast<uint32_t>(i));
      }
    }
  }
  return sums;
}

void WriteCandidate(const Plan& plan, const Slot& slot, const SlotPlan& slot_plan, absl::Time now,
                    JsonWriter* w) {
  const TargetStatus& t = plan.targets[slot.target.index()];
  w->BeginObject().Key("target").String(plan.policy().target(slot.target).name);
  w->Key("verdict").String(VerdictName(slot_plan.verdict));
  w->Key("share").Double(static_cast<double>(slot_plan.quota) / kCellCount);
  w->Key("cost_ms").Double(slot.cost_ms).Key("cost").BeginObject();
  w->Key("rtt_ms").Double(slot.rtt_ms).Key("price_ms").Double(slot.price_ms);
  w->Key("penalty_ms").Double(slot.penalty_ms).EndObject();
  w->Key("weight").Double(slot.weight);
  WriteLoadKeys(t, w);
  w->Key("accept").Double(t.accept).Key("up").Bool(t.up);
  WriteFeed(t, plan, now, w);
  w->Key("probe").BeginObject().Key("health").String(HealthName(t.facts.probed));
  WriteOptional("age_s", t.facts.probed != Health::kUnknown, AgeNow(t.facts.probe_age, plan, now),
                w);
  w->EndObject();
  WriteDrain(t.facts.drain, w);
  w->EndObject();
}

}  // namespace

std::string Rfc3339(absl::Time t) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", t, absl::UTCTimeZone());
}

void WritePlanSummary(const Plan& plan, absl::Time now, JsonWriter* w) {
  w->BeginObject().Key("generation").Uint(plan.generation);
  w->Key("made_at").String(Rfc3339(plan.made_at));
  w->Key("age_s").Double(absl::ToDoubleSeconds(now - plan.made_at));
  w->Key("telemetry_frozen").Bool(plan.telemetry_frozen).EndObject();
}

void WriteTargets(const Plan& plan, absl::Time now, JsonWriter* w) {
  const std::vector<FrontSums> grants = SumGrants(plan);
  w->BeginArray();
  for (size_t i = 0; i < plan.targets.size(); ++i) {
    const TargetStatus& t = plan.targets[i];
    const Target& target = plan.policy().targets[i];
    w->BeginObject().Key("name").String(target.name).Key("up").Bool(t.up);
    w->Key("health").BeginObject().Key("reported").String(HealthName(t.facts.reported));
    w->Key("probed").String(HealthName(t.facts.probed));
    WriteOptional("probe_age_s", t.facts.probed != Health::kUnknown,
                  AgeNow(t.facts.probe_age, plan, now), w);
    w->EndObject();
    WriteFeed(t, plan, now, w);
    WriteResources("load", t.facts.load, w);
    WriteResources("capacity", EffectiveCapacity(target, t.facts), w);
    WriteLoadKeys(t, w);
    w->Key("accept").Double(t.accept);
    WriteDrain(t.facts.drain, w);
    w->Key("grants").BeginObject();
    w->Key("dns")
        .Uint(grants[i][0])
        .Key("redirect")
        .Uint(grants[i][1])
        .Key("steering")
        .Uint(grants[i][2]);
    w->EndObject().EndObject();
  }
  w->EndArray();
}

void WriteServices(const Plan& plan, JsonWriter* w) {
  constexpr size_t kStates = 4;
  const CandidateTable& candidates = *plan.frame->candidates;
  std::vector<std::array<uint64_t, kStates>> rows(plan.policy().services.size());
  for (size_t row = 0; row < plan.rows.size(); ++row) {
    ++rows[candidates.RowService(row).index()][static_cast<size_t>(plan.rows[row].state)];
  }
  w->BeginArray();
  for (size_t s = 0; s < rows.size(); ++s) {
    const Service& service = plan.policy().services[s];
    w->BeginObject().Key("name").String(service.name).Key("names").BeginArray();
    for (const std::string& name : service.dns_names) w->String(name);
    for (const std::string& pattern : service.name_patterns) w->String(pattern);
    w->EndArray().Key("answer").String(service.answer == AnswerForm::kCname ? "cname"
                                                                            : "addresses");
    w->Key("rows").BeginObject();
    for (size_t state = 0; state < kStates; ++state) {
      w->Key(RowStateName(static_cast<RowState>(state))).Uint(rows[s][state]);
    }
    w->EndObject().EndObject();
  }
  w->EndArray();
}

namespace {

void WriteClientKeys(const Plan& plan, const Explanation& e, JsonWriter* w) {
  const Group& group = plan.frame->groups->group(e.facts.group);
  w->Key("client").String(e.client.ToString()).Key("source_bits").Int(e.source_bits);
  w->Key("group").String(group.name).Key("group_bits").Int(e.facts.group_bits);
  w->Key("country").String(group.country).Key("labels").BeginArray();
  for (LabelId label : group.labels) w->String(plan.policy().group(label).name);
  w->EndArray();
}

void WriteAnswer(const Plan& plan, const Explanation& e, absl::string_view location,
                 JsonWriter* w) {
  const Target& target = plan.policy().target(e.decision.target);
  const bool cname = plan.policy().service(e.service).answer == AnswerForm::kCname;
  w->Key("target").String(target.name).Key("answer").BeginObject();
  w->Key("form").String(cname ? "cname" : "addresses").Key("addresses").BeginArray();
  for (const IpAddress& a : target.addresses_v4) w->String(a.ToString());
  for (const IpAddress& a : target.addresses_v6) w->String(a.ToString());
  w->EndArray().Key("cname");
  target.cname.empty() ? w->Null() : w->String(target.cname);
  w->Key("location");
  location.empty() ? w->Null() : w->String(location);
  w->EndObject();
}

}  // namespace

std::string ExplainJson(const Plan& plan, const Explanation& e, absl::string_view location,
                        absl::Time now) {
  JsonWriter w;
  w.BeginObject();
  WriteClientKeys(plan, e, &w);
  w.Key("service").String(plan.policy().service(e.service).name);
  w.Key("plan");
  WritePlanSummary(plan, now, &w);
  w.Key("row_state").String(RowStateName(e.decision.state)).Key("cell");
  e.trace.cell >= 0 ? w.Int(e.trace.cell) : w.Null();
  w.Key("cells")
      .Int(kCellCount)
      .Key("scope_bits")
      .Int(e.decision.scope_bits)
      .Key("ttl_s")
      .Int(e.decision.ttl_s);
  WriteAnswer(plan, e, location, &w);
  w.Key("rule").String(e.rule).Key("candidates").BeginArray();
  absl::Span<const Slot> slots = plan.frame->candidates->Row(e.trace.row);
  absl::Span<const SlotPlan> plans = plan.RowSlots(e.trace.row);
  for (size_t i = 0; i < slots.size(); ++i) WriteCandidate(plan, slots[i], plans[i], now, &w);
  w.EndArray().EndObject();
  return w.Take();
}

}  // namespace spillway::http
