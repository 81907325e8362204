#include "http/admin/plan_json.h"

#include <algorithm>
#include <array>

#include "steering/decide/overload.h"
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

// What the controller makes of a target; the keys of "targets" and of candidates.
void WriteControlKeys(const Plan& plan, const TargetStatus& t, JsonWriter* w) {
  const bool has_capacity = t.capacity_mbps >= 0;
  w->Key("accept").Double(t.accept).Key("returning");
  w->Bool(t.returning && t.up && !t.facts.drain);
  WriteOptional("capacity_mbps", has_capacity, t.capacity_mbps, w);
  w->Key("capacity_estimated").Bool(t.capacity_estimated).Key("trust").Double(t.trust);
  w->Key("modelled_mbps").Double(t.modelled_mbps);
  w->Key("correction_mbps").Double(t.correction_mbps);
  w->Key("pinned_mbps").Double(t.pinned_mbps).Key("planned_mbps").Double(t.planned_mbps);
  WriteOptional("planned_utilisation", t.capacity_mbps > 0, t.planned_mbps / t.capacity_mbps, w);
  w->Key("price_ms").Double(t.price_ms).Key("limit");
  t.limit >= 0 ? w->String(LimitName(plan, plan.limits[t.limit])) : w->Null();
}

// Loads of a shared limit are its targets'.
void WriteSharedKeys(const Plan& plan, const SharedLimit& shared, JsonWriter* w) {
  double load = 0, planned = 0;
  w->Key("targets").BeginArray();
  for (const TargetId id : shared.targets) {
    const TargetStatus& t = plan.targets[id.index()];
    w->String(plan.policy().target(id).name);
    if (t.facts.load.has(Resource::kEgress)) load += t.facts.load[Resource::kEgress];
    planned += t.planned_mbps;
  }
  w->EndArray().Key("capacity_mbps").Double(shared.egress_mbps);
  w->Key("load_mbps").Double(load).Key("planned_mbps").Double(planned);
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

void WriteCandidate(const Plan& plan, ServiceId service, const Slot& slot,
                    const SlotPlan& slot_plan, absl::Time now, JsonWriter* w) {
  const TargetStatus& t = plan.targets[slot.target.index()];
  w->BeginObject().Key("target").String(plan.policy().target(slot.target).name);
  w->Key("verdict").String(VerdictName(slot_plan.verdict));
  w->Key("share").Double(static_cast<double>(slot_plan.quota) / kCellCount);
  w->Key("cost_ms").Double(slot.cost_ms).Key("cost").BeginObject();
  w->Key("rtt_ms").Double(slot.rtt_ms).Key("price_ms").Double(slot.price_ms);
  w->Key("penalty_ms").Double(slot.penalty_ms).EndObject();
  w->Key("weight").Double(slot.weight);
  WriteLoadKeys(t, w);
  WriteControlKeys(plan, t, w);
  // What this service pays there; null = no client more at any price.
  const double price_ms = plan.PriceMs(service, slot.target);
  w->Key("service_price_ms").Double(price_ms).Key("total_ms").Double(slot.cost_ms + price_ms);
  w->Key("held").String(HeldName(slot_plan.held)).Key("up").Bool(t.up);
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
  w->Key("telemetry_frozen").Bool(plan.telemetry_frozen);
  w->Key("fail_static").Bool(plan.fail_static);
  w->Key("horizon_s").Double(absl::ToDoubleSeconds(plan.horizon));
  w->Key("solver").BeginObject().Key("sweeps").Int(plan.solver_sweeps);
  w->Key("converged").Bool(plan.solver_converged).EndObject().EndObject();
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
    WriteControlKeys(plan, t, w);
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

void WriteLimits(const Plan& plan, JsonWriter* w) {
  w->BeginArray();
  for (const LimitStatus& limit : plan.limits) {
    w->BeginObject().Key("name").String(LimitName(plan, limit));
    w->Key("shared").Bool(limit.shared >= 0);
    w->Key("resource").String(ResourceName(limit.resource));
    w->Key("headroom").Double(limit.headroom).Key("load").Double(limit.load);
    w->Key("price_ms").Double(limit.price_ms);
    if (limit.shared >= 0) WriteSharedKeys(plan, plan.policy().limits[limit.shared], w);
    w->EndObject();
  }
  w->EndArray();
}

namespace {

constexpr size_t kStates = 4;

// What the rows of a service add up to.
struct RowCounts {
  std::array<uint64_t, kStates> states{};
  uint64_t waiting = 0;  // rows whose waiting room holds somebody back
  uint16_t admit_permille_min = 1000, retry_permille_min = 1000;
};

std::vector<RowCounts> CountRows(const Plan& plan) {
  std::vector<RowCounts> counts(plan.policy().services.size());
  for (size_t row = 0; row < plan.rows.size(); ++row) {
    const PlanRow& r = plan.rows[row];
    RowCounts& count = counts[plan.frame->candidates->RowService(row).index()];
    ++count.states[static_cast<size_t>(r.state)];
    if (!plan.policy().service(plan.frame->candidates->RowService(row)).waiting_room) continue;
    if (std::min(r.admit_permille, r.retry_admit_permille) < 1000) ++count.waiting;
    count.admit_permille_min = std::min(count.admit_permille_min, r.admit_permille);
    count.retry_permille_min = std::min(count.retry_permille_min, r.retry_admit_permille);
  }
  return counts;
}

void WriteForecast(const ServiceStatus& s, JsonWriter* w) {
  w->Key("forecast").BeginObject().Key("arrivals_now").Double(s.arrivals_now);
  w->Key("arrivals_expected").Double(s.arrivals_expected);
  w->Key("arrivals_q10").Double(s.arrivals_q10).Key("arrivals_q90").Double(s.arrivals_q90);
  WriteOptional("error", s.forecast_error >= 0, s.forecast_error, w);
  w->EndObject();
}

void WriteServiceControl(const Plan& plan, size_t s, const RowCounts& rows, JsonWriter* w) {
  const Service& service = plan.policy().services[s];
  const ServiceStatus& status = plan.services[s];
  WriteForecast(status, w);
  w->Key("sessions").Double(status.sessions).Key("refused").Double(status.refused);
  w->Key("moved").Double(status.moved).Key("guard_exceeded").Bool(status.guard_exceeded);
  w->Key("ladder_step").Int(status.ladder_step).Key("cap_kbps");
  const uint32_t cap = LadderCapKbps(service, PlanRow{.ladder_step = status.ladder_step});
  cap > 0 ? w->Uint(cap) : w->Null();
  w->Key("waiting").BeginObject().Key("groups").Uint(rows.waiting);
  w->Key("viewers").Double(status.waiting);
  w->Key("admitted_min").Double(rows.admit_permille_min / 1000.0);
  w->Key("retries_admitted_min").Double(rows.retry_permille_min / 1000.0);
  w->EndObject();
}

}  // namespace

void WriteServices(const Plan& plan, JsonWriter* w) {
  const std::vector<RowCounts> rows = CountRows(plan);
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
      w->Key(RowStateName(static_cast<RowState>(state))).Uint(rows[s].states[state]);
    }
    w->EndObject();
    if (s < plan.services.size()) WriteServiceControl(plan, s, rows[s], w);
    w->EndObject();
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
  for (size_t i = 0; i < slots.size(); ++i)
    WriteCandidate(plan, e.service, slots[i], plans[i], now, &w);
  w.EndArray().EndObject();
  return w.Take();
}

}  // namespace spillway::http
