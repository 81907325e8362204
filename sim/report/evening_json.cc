#include "sim/report/evening_json.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/json_writer.h"

namespace spillway::sim {
namespace {

constexpr double kMilli = 1000, kWhole = 1, kTenth = 10;

void Series(absl::string_view key, const std::vector<float>& values, double per_unit,
            JsonWriter* w) {
  w->Key(key).BeginArray();
  for (const float value : values)
    w->Double(std::isfinite(value) ? std::round(value * per_unit) / per_unit : value);
  w->EndArray();
}

void Number(absl::string_view key, double value, JsonWriter* w) {
  w->Key(key).Double(std::round(value * 1e6) / 1e6);
}

void WriteResult(const Result& r, JsonWriter* w) {
  w->Key("result").BeginObject();
  Number("over_100", r.over_100, w);
  Number("over_95", r.over_95, w);
  Number("peak", r.peak, w);
  w->Key("peak_target").String(r.peak_target).Key("peak_at_s").Int(r.peak_at_s);
  Number("peak_later", r.peak_later, w);
  Number("stalled", r.stalled, w);
  Number("refused", r.refused, w);
  Number("bitrate", r.bitrate, w);
  Number("gave_up", r.gave_up, w);
  Number("failed_starts", r.failed_starts, w);
  Number("moved_per_hour", r.moved_per_hour, w);
  Number("repointed_per_hour", r.repointed_per_hour, w);
  Number("recovered_s", r.recovered_s, w);
  Number("below_watermark_s", r.below_watermark_s, w);
  Number("rtt_ms", r.rtt_ms, w);
  Number("cost_ms", r.cost_ms, w);
  Number("price", r.price, w);
  w->Key("playing_peak").Double(std::round(r.playing_peak)).EndObject();
}

void WriteTargets(const Evening& evening, bool whole, JsonWriter* w) {
  const Policy& policy = *evening.stage->terrain.frame->policy;
  w->Key("targets").BeginArray();
  for (const size_t t : ByPeak(evening)) {
    const Timeline::Target& series = evening.timeline.targets()[t];
    const Tally::Target& tally = evening.tally.targets()[t];
    w->BeginObject().Key("name").String(policy.targets[t].name).Key("tags").BeginArray();
    for (const std::string& tag : policy.targets[t].tags) w->String(tag);
    w->EndArray().Key("capacity_mbps").Double(evening.stage->terrain.capacity_mbps[t]);
    Number("watermark", tally.watermark, w);
    Number("hard", tally.hard, w);
    Number("peak", tally.peak, w);
    w->Key("peak_at_s").Int(tally.peak_at_s).Key("over_s").Int(tally.over_s);
    w->Key("over_watermark_s").Int(tally.over_watermark_s);
    Series("utilisation", series.utilisation, kMilli, w);
    if (whole) Series("planned", series.planned, kMilli, w);
    if (whole) Series("price_ms", series.price_ms, kTenth, w);
    w->EndObject();
  }
  w->EndArray();
}

void WriteServices(const Evening& evening, JsonWriter* w) {
  const Policy& policy = *evening.stage->terrain.frame->policy;
  w->Key("services").BeginArray();
  for (size_t s = 0; s < policy.services.size(); ++s) {
    const Timeline::Service& series = evening.timeline.services()[s];
    const ServiceResult& result = evening.result.services[s];
    w->BeginObject().Key("name").String(result.service);
    w->Key("class").String(ServiceClassName(policy.services[s].service_class));
    w->Key("peak").Double(std::round(result.peak));
    Number("refused", result.refused, w);
    Number("bitrate", result.bitrate, w);
    w->Key("series").BeginObject();
    Series("playing", series.playing, kWhole, w);
    Series("waiting", series.waiting, kWhole, w);
    Series("bitrate", series.bitrate, kMilli, w);
    w->EndObject().EndObject();
  }
  w->EndArray();
}

void WriteRegions(const Timeline& timeline, JsonWriter* w) {
  w->Key("regions").BeginArray();
  for (size_t r = 0; r < timeline.regions().size(); ++r) {
    const Region& region = timeline.terrain().regions[r];
    w->BeginObject().Key("name").String(region.name);
    w->Key("at").BeginArray().Double(region.place.lat).Double(region.place.lon).EndArray();
    Series("playing", timeline.regions()[r].playing, kWhole, w);
    Series("stalled", timeline.regions()[r].stalled, kWhole, w);
    w->EndObject();
  }
  w->EndArray();
}

void WriteSeries(const Timeline& timeline, JsonWriter* w) {
  w->Key("series").BeginObject().Key("t_s").BeginArray();
  for (const int t_s : timeline.t_s()) w->Int(t_s);
  w->EndArray();
  Series("overloaded", timeline.overloaded(), kWhole, w);
  Series("stalled", timeline.stalled(), kWhole, w);
  Series("moved_per_s", timeline.moved_per_s(), kTenth, w);
  Series("rtt_ms", timeline.rtt_ms(), kTenth, w);
  w->EndObject().Key("events").BeginArray();
  for (const Timeline::Event& event : timeline.events()) {
    w->BeginObject().Key("t_s").Int(event.t_s).Key("kind").String(Timeline::KindName(event.kind));
    w->Key("text").String(event.text).EndObject();
  }
  w->EndArray();
}

void WriteEvening(const Evening& evening, bool whole, JsonWriter* w) {
  const Verdict verdict = Judge(evening);
  w->BeginObject().Key("label").String(evening.label);
  w->Key("steering").String(evening.result.steering);
  w->Key("policy").String(evening.stage->policy_directory);
  w->Key("policy_version").String(evening.stage->terrain.frame->policy->version);
  w->Key("verdict").BeginObject().Key("outcome").String(OutcomeName(verdict.outcome));
  w->Key("reasons").BeginArray();
  for (const std::string& reason : verdict.reasons) w->String(reason);
  w->EndArray().EndObject();
  WriteResult(evening.result, w);
  WriteServices(evening, w);
  WriteTargets(evening, whole, w);
  if (whole) WriteRegions(evening.timeline, w);
  WriteSeries(evening.timeline, w);
  w->EndObject();
}

}  // namespace

std::string EveningsJson(const std::vector<Evening>& evenings, const std::string& command) {
  const Stage& stage = *evenings.front().stage;
  const Scenario& scenario = stage.scenario;
  JsonWriter w;
  w.BeginObject().Key("scenario").String(scenario.name).Key("title").String(stage.title);
  w.Key("command").String(command).Key("seed").Uint(scenario.world.seed);
  w.Key("start").String(
      absl::FormatTime(absl::RFC3339_sec, scenario.world.start, absl::UTCTimeZone()));
  w.Key("seconds").Int(scenario.seconds).Key("every_s").Int(evenings.front().timeline.every_s());
  w.Key("scored_from_s").Double(scenario.scored_from_s).Key("fits").Bool(stage.fits);
  w.Key("nodes").Int(scenario.nodes.count).Key("places").Uint(stage.places.size());
  w.Key("evenings").BeginArray();
  for (const Evening& evening : evenings) WriteEvening(evening, evenings.size() == 1, &w);
  w.EndArray().EndObject();
  return w.Take();
}

}  // namespace spillway::sim
