#include "apps/cli/replay_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "apps/cli/table.h"
#include "apps/version.h"
#include "base/json_writer.h"

namespace spillway::cli {
namespace {

using replay::ServiceEvening;
using replay::Stretch;
using replay::TargetEvening;
using replay::WhatIfReport;

std::string StretchText(const Stretch& stretch, const Paint& paint) {
  const bool good = stretch.identical == stretch.plans;
  const Tone tone = good ? Tone::kGood : stretch.from_start ? Tone::kBad : Tone::kWarning;
  std::string out = absl::StrCat(When(stretch.begins), " to ", When(stretch.ends), ": ",
                                 Plural(stretch.plans, "plan"), ", ",
                                 paint(tone, absl::StrCat(stretch.identical, " identical")), "\n");
  if (!stretch.from_start) {
    absl::StrAppend(&out, "  begins behind a hole, with a cold ledger: its plans may differ",
                    stretch.differs_last && !good
                        ? absl::StrCat("; the last that does is number ", *stretch.differs_last)
                        : "",
                    "\n");
  } else if (!good) {
    absl::StrAppend(&out, "  plan ", *stretch.differs_first, " is the first that differs",
                    stretch.program == kVersion
                        ? ""
                        : absl::StrCat("; recorded by version ", Printable(stretch.program),
                                       ", replayed by ", kVersion),
                    "\n");
  }
  if (stretch.frames > 1)
    absl::StrAppend(&out, "  ", Plural(static_cast<int64_t>(stretch.frames - 1), "reload"), "\n");
  if (stretch.rejected > 0)
    absl::StrAppend(&out, "  ", Plural(stretch.rejected, "plan"), " had been rejected\n");
  if (stretch.fail_static > 0)
    absl::StrAppend(&out, "  the watchdog had planned ", stretch.fail_static, " times\n");
  return out;
}

Tone ToneOf(const TargetEvening& evening) {
  return evening.over_1_s > 0           ? Tone::kBad
         : evening.over_watermark_s > 0 ? Tone::kWarning
                                        : Tone::kPlain;
}

void AddTargetCells(const std::optional<TargetEvening>& evening, std::vector<Table::Cell>* row) {
  if (!evening || evening->peak < 0) {
    row->insert(row->end(), {{"-"}, {"-"}, {"-"}});
    return;
  }
  row->push_back({Percent(evening->peak), ToneOf(*evening)});
  row->push_back({Percent(evening->mean)});
  row->push_back({Age(evening->over_watermark_s)});
}

void AddServiceCells(const std::optional<ServiceEvening>& evening, std::vector<Table::Cell>* row) {
  if (!evening) {
    row->insert(row->end(), {{"-"}, {"-"}});
    return;
  }
  row->push_back({absl::StrFormat("%.2f", evening->moved)});
  row->push_back(
      {Percent(evening->refused_max), evening->refused_max > 0 ? Tone::kBad : Tone::kPlain});
}

std::string WhatIfText(const WhatIfReport& report, const std::string& version, const Paint& paint) {
  std::string out = absl::StrCat("\nthe same audience under policy ", version, ", ",
                                 Age(report.seconds), ", ", Plural(report.plans, "plan"));
  if (report.rejected > 0) absl::StrAppend(&out, ", ", report.rejected, " rejected");
  absl::StrAppend(&out, "\n\n");
  Table targets({{"TARGET"},
                 {"PEAK", Table::kRight},
                 {"MEAN", Table::kRight},
                 {"OVER MARK", Table::kRight},
                 {"NEW PEAK", Table::kRight},
                 {"NEW MEAN", Table::kRight},
                 {"NEW OVER MARK", Table::kRight}});
  for (const auto& target : report.targets) {
    std::vector<Table::Cell> row = {{Printable(target.name)}};
    AddTargetCells(target.recorded, &row);
    AddTargetCells(target.replayed, &row);
    targets.Row(std::move(row));
  }
  absl::StrAppend(&out, targets.ToString(paint), "\n");
  Table services({{"SERVICE"},
                  {"MOVED", Table::kRight},
                  {"REFUSED", Table::kRight},
                  {"NEW MOVED", Table::kRight},
                  {"NEW REFUSED", Table::kRight}});
  for (const auto& service : report.services) {
    std::vector<Table::Cell> row = {{Printable(service.name)}};
    AddServiceCells(service.recorded, &row);
    AddServiceCells(service.replayed, &row);
    services.Row(std::move(row));
  }
  absl::StrAppend(&out, services.ToString(paint),
                  "\nMOVED: times its whole demand; REFUSED: at most, part of its demand.\n");
  if (report.homeless > 0) {
    absl::StrAppend(&out, paint(Tone::kWarning, "warning"), ": ",
                    Percent(report.homeless / report.answers),
                    " of the recorded answers are of services this policy does not have\n");
  }
  for (const std::string& warning : report.warnings)
    absl::StrAppend(&out, paint(Tone::kWarning, "warning"), ": ", Printable(warning), "\n");
  return out;
}

void PutTarget(const std::optional<TargetEvening>& evening, JsonWriter* w) {
  if (!evening) {
    w->Null();
    return;
  }
  w->BeginObject().Key("peak");
  if (evening->peak < 0) {
    w->Null();
  } else {
    w->Double(evening->peak);
  }
  w->Key("mean").Double(evening->mean).Key("known_s").Double(evening->known_s);
  w->Key("over_watermark_s").Double(evening->over_watermark_s);
  w->Key("over_capacity_s").Double(evening->over_1_s).EndObject();
}

void PutService(const std::optional<ServiceEvening>& evening, JsonWriter* w) {
  if (!evening) {
    w->Null();
    return;
  }
  w->BeginObject().Key("moved").Double(evening->moved);
  w->Key("refused_mean").Double(evening->refused_mean);
  w->Key("refused_max").Double(evening->refused_max);
  w->Key("ladder_max").Int(evening->ladder_max).EndObject();
}

void PutWhatIf(const WhatIfReport& report, const std::string& version, JsonWriter* w) {
  w->Key("what_if").BeginObject().Key("policy").String(version);
  w->Key("plans").Uint(report.plans).Key("rejected").Uint(report.rejected);
  w->Key("seconds").Double(report.seconds).Key("answers").Double(report.answers);
  w->Key("homeless_answers").Double(report.homeless).Key("targets").BeginArray();
  for (const auto& target : report.targets) {
    w->BeginObject().Key("name").String(target.name).Key("recorded");
    PutTarget(target.recorded, w);
    w->Key("replayed");
    PutTarget(target.replayed, w);
    w->EndObject();
  }
  w->EndArray().Key("services").BeginArray();
  for (const auto& service : report.services) {
    w->BeginObject().Key("name").String(service.name).Key("recorded");
    PutService(service.recorded, w);
    w->Key("replayed");
    PutService(service.replayed, w);
    w->EndObject();
  }
  w->EndArray().Key("warnings").BeginArray();
  for (const std::string& warning : report.warnings) w->String(warning);
  w->EndArray().EndObject();
}

}  // namespace

std::string ReplayText(const ReplayResult& result, const Paint& paint) {
  std::string out;
  uint64_t plans = 0, identical = 0;
  for (const Stretch& stretch : result.stretches) {
    absl::StrAppend(&out, StretchText(stretch, paint));
    plans += stretch.plans;
    identical += stretch.identical;
  }
  for (const ReplayResult::Damage& damage : result.damage) {
    absl::StrAppend(&out, paint(Tone::kWarning, "warning"), ": ", Printable(damage.file), ": ",
                    Printable(damage.what), "; ", damage.lost_bytes, " bytes not used\n");
  }
  absl::StrAppend(&out, Plural(static_cast<int64_t>(plans), "plan"), ", ", identical,
                  " identical; ", Plural(static_cast<int64_t>(result.files), "file"), ", ",
                  result.bytes, " bytes\n");
  if (result.what_if)
    absl::StrAppend(&out, WhatIfText(*result.what_if, result.policy_version, paint));
  return out;
}

std::string ReplayJson(const ReplayResult& result) {
  JsonWriter w;
  w.BeginObject().Key("identical").Bool(result.identical());
  w.Key("files").Uint(result.files).Key("bytes").Uint(result.bytes);
  w.Key("stretches").BeginArray();
  for (const Stretch& stretch : result.stretches) {
    w.BeginObject()
        .Key("begins")
        .String(When(stretch.begins))
        .Key("ends")
        .String(When(stretch.ends));
    w.Key("from_start").Bool(stretch.from_start).Key("program").String(stretch.program);
    w.Key("plans").Uint(stretch.plans).Key("identical").Uint(stretch.identical);
    w.Key("rejected").Uint(stretch.rejected).Key("fail_static").Uint(stretch.fail_static);
    w.Key("frames").Uint(stretch.frames).Key("differs_first");
    stretch.differs_first ? w.Uint(*stretch.differs_first) : w.Null();
    w.Key("differs_last");
    stretch.differs_last ? w.Uint(*stretch.differs_last) : w.Null();
    w.EndObject();
  }
  w.EndArray().Key("damage").BeginArray();
  for (const ReplayResult::Damage& damage : result.damage) {
    w.BeginObject().Key("file").String(damage.file).Key("what").String(damage.what);
    w.Key("lost_bytes").Uint(damage.lost_bytes).EndObject();
  }
  w.EndArray();
  if (result.what_if) PutWhatIf(*result.what_if, result.policy_version, &w);
  w.EndObject();
  return absl::StrCat(w.text(), "\n");
}

}  // namespace spillway::cli
