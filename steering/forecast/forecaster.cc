// steering/forecast/forecaster.cc -- see forecaster.h.
#include "steering/forecast/forecaster.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace spillway {
namespace {

// Bins short against the horizon (a fit remembers 6 of them, a quarter of it), long against a tick:
// noise is averaged where it costs no delay. Services whose caches ask again within seconds must
// see a ramp end within seconds: with bins of 5 s a horizon of 12 s was forecast by what was true
// before it began. The first two are short, so that a restart under load knows the level after 1 s.
constexpr double kBinsOfHorizon = 24;
constexpr double kBinMin_s = 1;
constexpr double kFirstBin_s = 1;
constexpr int kFirstBins = 2;

// The traffic without the event: what was there over the last five minutes before it.
constexpr double kBaseline_s = 300;
// Arrivals until which an event's rows follow its plan rather than the few clients seen.
constexpr double kRowsKnown = 200;
// A row above this part of the service carries its own count noise: of smaller ones it cancels out.
constexpr double kLargeRow = 0.01;
constexpr double kSigmas90 = 1.2816;  // median to 90th percentile of a normal distribution

// Longest interval that one tick may stand for; a longer one was a halt, not an observation.
constexpr double kElapsedMax_s = 60;

float Sane(float count) { return count > 0 && count < 1e30f ? count : 0; }

}  // namespace

void Forecaster::Observe(absl::Time now, const Activity& activity,
                         absl::Span<const float> resolver_arrivals,
                         absl::Span<const float> joins) {
  CHECK(frame_ != nullptr);
  double elapsed_s = absl::ToDoubleSeconds(activity.elapsed);
  if (!(elapsed_s > 0)) return;
  // A halt is shortened, its arrivals with it: the rate is what counts.
  const double part = std::min(1.0, kElapsedMax_s / elapsed_s);
  elapsed_s = std::min(elapsed_s, kElapsedMax_s);
  if (resolver_arrivals.empty()) by_resolver_.assign(by_resolver_.size(), 0);
  CountSlots(activity, joins, static_cast<float>(part));
  if (!resolver_arrivals.empty()) UseResolvers(resolver_arrivals, elapsed_s);
  bin_s_ += elapsed_s;
  const double whole_s = std::clamp(horizon_s_ / kBinsOfHorizon, kBinMin_s, kBinUsual_s);
  // Ticks are not exactly a second apart.
  if (bin_s_ >= 0.95 * (bins_ < kFirstBins ? kFirstBin_s : whole_s)) CloseBin(now);
}

void Forecaster::CountSlots(const Activity& activity, absl::Span<const float> joins,
                            float part) {
  const CandidateTable& table = *frame_->candidates;
  CHECK(activity.dns.size() == table.slot_count());
  CHECK(activity.redirect.size() == table.slot_count());
  CHECK(joins.empty() || joins.size() == table.row_count());
  const float* const dns = activity.dns.data();
  const float* const redirect = activity.redirect.data();
  const size_t rows = services_.empty() ? 0 : table.row_count() / services_.size();
  size_t row = 0;
  uint32_t slot = 0;
  for (Service& service : services_) {
    double dns_sum = 0, redirect_sum = 0;
    for (const size_t end = row + rows; row < end; ++row) {
      float d = 0, r = 0;
      for (const uint32_t last = table.RowBegin(row) + table.Row(row).size(); slot < last; ++slot) {
        d += dns[slot];
        r += redirect[slot];
      }
      if (!joins.empty() && joins[row] >= 0) r = joins[row];
      d = by_resolver_[row] ? 0 : Sane(d) * part;
      r = Sane(r) * part;
      shares_[0].Add(row, d);
      shares_[1].Add(row, r);
      dns_sum += d;
      redirect_sum += r;
    }
    service.streams[0].bin += dns_sum;
    service.streams[1].bin += redirect_sum;
  }
}

void Forecaster::UseResolvers(absl::Span<const float> arrivals, double elapsed_s) {
  CHECK(arrivals.size() == by_resolver_.size());
  const size_t rows = services_.empty() ? 0 : arrivals.size() / services_.size();
  const float seconds = static_cast<float>(elapsed_s);
  size_t row = 0;
  for (Service& service : services_) {
    Stream& stream = service.streams[0];
    double more = 0, sum = 0;
    for (const size_t end = row + rows; row < end; ++row) {
      const float rate = Sane(arrivals[row]);
      if (!by_resolver_[row]) {
        if (rate == 0) continue;
        by_resolver_[row] = 1;
        more += shares_[0].Rebase(row, rate, bin_s_, &sum);
      }
      shares_[0].Add(row, rate * seconds);
      sum += rate * seconds;
    }
    stream.bin = std::max(0.0, stream.bin + sum);
    if (more == 0) continue;
    // What waits to be judged was counted in the old unit.
    if (std::abs(more) > 0.02 * stream.series.level()) stream.score.Forget();
    stream.series.Shift(more);
    stream.baseline = std::max(0.0, stream.baseline + more);
  }
}

void Forecaster::CloseBin(absl::Time now) {
  const double length_s = bin_s_;
  observed_s_ += length_s;
  ++bins_;
  for (Service& service : services_) {
    for (Stream& stream : service.streams) {
      stream.total += stream.bin;
      stream.series.Add(stream.bin / length_s, length_s);
      stream.score.Judge(observed_s_, stream.total);
    }
    if (service.curve.peak > 0) CloseEventBin(service, now);
    for (Stream& stream : service.streams) stream.bin = 0;
  }
  for (RowShares& shares : shares_) shares.CloseBin(length_s, observed_s_);
  bin_s_ = 0;
  keep_due_ = true;
}

void Forecaster::CloseEventBin(Service& service, absl::Time now) {
  const double at_s = absl::ToDoubleSeconds(now - service.start);
  if (at_s <= 0) {
    double sessions = 0;
    for (Stream& s : service.streams) {
      const double gain = std::max(-std::expm1(-bin_s_ / kBaseline_s), bin_s_ / observed_s_);
      s.baseline += std::min(1.0, gain) * (s.bin / bin_s_ - s.baseline);
      sessions += s.baseline * s.worth;
    }
    for (Stream& s : service.streams)
      if (sessions > 0) s.part = s.baseline * s.worth / sessions;
    return;
  }
  for (Stream& s : service.streams) {
    const double expected = service.curve.MeanArrivals(at_s - bin_s_, at_s) * s.part / s.worth;
    s.scale.Add(expected, s.bin / bin_s_ - s.baseline, s.series.noise() * s.baseline, bin_s_, at_s);
  }
}

Forecaster::Outlook Forecaster::Look(const Service& service, const Stream& stream, absl::Time now,
                                     double horizon_s) const {
  const ArrivalSeries& series = stream.series;
  const double to_s = bin_s_ + horizon_s;
  Outlook out{
      .now = series.At(bin_s_), .expected = series.Mean(bin_s_, to_s), .end = series.At(to_s)};
  out.by_trend = out.expected;
  const double at_s = absl::ToDoubleSeconds(now - service.start);
  if (!(service.curve.peak > 0) || at_s + horizon_s <= 0) return out;
  const double scale = stream.part / stream.worth * stream.scale.value();
  const double planned = scale * service.curve.Arrivals(at_s);
  const double mean = scale * service.curve.MeanArrivals(at_s, at_s + horizon_s);
  const double end = scale * service.curve.Arrivals(at_s + horizon_s);
  // Nothing seen yet, or nobody there: the plan is all there is.
  const bool alone = !(series.level() > 0);
  out.weight = alone ? 1 : stream.score.event_weight();
  if (series.empty()) {
    out.now = planned;
  } else if (at_s > 0 && !alone) {
    // The scale needs no straight line: it knows where the arrivals are in the first bins of a
    // ramp, before a trend does.
    out.now += out.weight * (stream.baseline + planned - out.now);
  }
  const double start = series.empty() ? 0 : planned;
  const auto by_event = [&](double then) {
    return std::max(kExtrapolationMin * out.now, out.now + then - planned);
  };
  out.by_event = by_event(mean);
  out.event = std::clamp(out.weight * (mean - start), 0.0, out.weight * out.by_event);
  out.expected += out.weight * (out.by_event - out.expected);
  out.end += out.weight * (by_event(end) - out.end);
  return out;
}

void Forecaster::Keep(const Outlook& outlook, double horizon_s, Stream* stream) const {
  stream->score.Keep({.at_s = observed_s_,
                      .horizon_s = horizon_s,
                      .total = stream->total,
                      .expected = outlook.expected,
                      .by_trend = outlook.by_trend,
                      .by_event = outlook.by_event,
                      .event = outlook.by_event >= 0});
}

void Forecaster::Predict(absl::Time now, absl::Duration horizon, Demand* out) {
  CHECK(frame_ != nullptr);
  const double horizon_s = absl::ToDoubleSeconds(horizon);
  CHECK(horizon_s > 0);
  horizon_s_ = horizon_s;
  const size_t rows = frame_->candidates->row_count();
  for (auto* field : {&out->dns_arrivals, &out->redirect_arrivals, &out->dns_expected,
                      &out->redirect_expected, &out->margin}) {
    field->resize(rows);
  }
  for (size_t s = 0; s < services_.size(); ++s) {
    Service& service = services_[s];
    ServiceForecast shown;
    for (size_t kind = 0; kind < kKinds; ++kind) {
      Stream& stream = service.streams[kind];
      const Outlook outlook = Look(service, stream, now, horizon_s);
      Spread(s, kind, outlook, horizon_s, out);
      if (keep_due_) Keep(outlook, horizon_s, &stream);
      shown.arrivals_now += outlook.now;
      shown.arrivals_expected += outlook.expected;
      shown.arrivals_end += outlook.end;
      shown.q10 += outlook.expected * stream.score.margin_down();
      shown.q90 += outlook.expected * stream.score.margin_up();
      shown.prior_weight += outlook.expected * outlook.weight;
      shown.error_mape += outlook.expected * stream.score.mean_error();
      shown.error_bias += outlook.expected * stream.score.bias();
    }
    const double all = shown.arrivals_expected;
    for (double* mean : {&shown.prior_weight, &shown.error_mape, &shown.error_bias})
      *mean = all > 0 ? *mean / all : 0;
    service.shown = shown;
    Margins(s, horizon_s, out);
  }
  keep_due_ = false;
}

void Forecaster::Spread(size_t service, size_t kind, const Outlook& outlook, double horizon_s,
                        Demand* out) {
  const size_t count = frame_->candidates->row_count() / services_.size();
  const RowShares::Rows rows{service * count, count};
  const absl::Span<float> now =
      absl::MakeSpan(kind == 0 ? out->dns_arrivals : out->redirect_arrivals);
  const absl::Span<float> expected =
      absl::MakeSpan(kind == 0 ? out->dns_expected : out->redirect_expected);
  const RowShares::Sums sums = shares_[kind].Weigh(rows, horizon_s, now, expected);
  const bool known = sums.now > 0 && sums.expected > 0;
  const EventRows& event = services_[service].rows;
  if (!(event.peak > 0)) {
    const float n = known ? static_cast<float>(outlook.now / sums.now) : 0;
    const float e = known ? static_cast<float>(outlook.expected / sums.expected) : 0;
    for (size_t g = 0; g < count; ++g) {
      now[rows.first + g] = known ? now[rows.first + g] * n : 0;
      expected[rows.first + g] = known ? expected[rows.first + g] * e : 0;
    }
    return;
  }
  // Of what there is, few arrivals say little about who they are; of what the event adds, its plan
  // says where, and the clients so far where it does not.
  const double trust = known ? sums.counted / (sums.counted + kRowsKnown) : 0;
  const double per_now = known ? trust / sums.now : 0;
  const double per_expected = known ? trust / sums.expected : 0;
  for (size_t g = 0; g < count; ++g) {
    const size_t i = rows.first + g;
    const double n = known ? now[i] * per_now : 0;
    const double e = known ? expected[i] * per_expected : 0;
    const double plan = event.declared[g] + event.rest * (e + (1 - trust) * event.blind[g]);
    now[i] = static_cast<float>(outlook.now * (n + (1 - trust) * plan));
    expected[i] = static_cast<float>((outlook.expected - outlook.event) * (e + (1 - trust) * plan) +
                                     outlook.event * plan);
  }
}

void Forecaster::Margins(size_t service, double horizon_s, Demand* out) {
  const size_t count = frame_->candidates->row_count() / services_.size();
  const ServiceForecast& shown = services_[service].shown;
  const double all = shown.arrivals_expected;
  const double common = all > 0 ? std::max(kMarginMin, shown.q90 / all) - 1 : kMarginMin - 1;
  const double part = all > 0 ? 1 / all : 0;
  for (size_t i = service * count; i < (service + 1) * count; ++i) {
    const double rate = static_cast<double>(out->dns_expected[i]) + out->redirect_expected[i];
    const double share = rate * part;
    const double own = kSigmas90 * kSigmas90 * share / (share + kLargeRow) / (rate * horizon_s + 1);
    out->margin[i] = static_cast<float>(1 + std::sqrt(common * common + own));
  }
}

}  // namespace spillway
