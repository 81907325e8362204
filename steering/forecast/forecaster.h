// steering/forecast/forecaster.h -- how many sessions will begin where: the demand of every row.
//
//   answers by slot ──► rows ─┬─► share of each row (RowShares) ─────────────────┐
//                             └─► service, by kind: level + trend (ArrivalSeries) ─┴─► Demand
//   Policy::events ─► audience curve (EventCurve, EventScale, EventRows) ─► blend ──┘
//                       each forecast is kept and judged (ForecastScore) ─► blend, margins
//
// why the service and not each row: an event moves all rows of a service at once, and most rows are
// too small to show a trend of their own. Kinds (DNS, redirect) are forecast apart: their units
// differ.
// blend: forecast = level + (1 - w) trend + w scale * (event later - event now); w by the recent
// errors of either, scale = how much of the event came true in the last half minute.
// units: sessions/s in unit weight (Calibration says what one stands for).
// invariants (forecaster_test): (1) no traffic and no event give 0; (2) every output is finite and
// >= 0, margins >= kMarginMin, whatever comes in; (3) the same calls give the same bits.
// thread safety: none; belongs to one controller. No heap once sized, except in Bind.
// cost: Observe one pass over the slots, Predict a few over the rows.
#ifndef SPILLWAY_STEERING_FORECAST_FORECASTER_H_
#define SPILLWAY_STEERING_FORECAST_FORECASTER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/forecast/arrival_series.h"
#include "steering/forecast/event_curve.h"
#include "steering/forecast/event_rows.h"
#include "steering/forecast/forecast_score.h"
#include "steering/forecast/row_shares.h"
#include "steering/ledger/activity.h"
#include "steering/ledger/demand.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway {

class Forecaster {
 public:
  // Carries what was learned by (service, group) name; what is new starts unknown.
  void Bind(std::shared_ptr<const Frame> frame);

  // `resolver_arrivals`: by row, DNS sessions/s learned from query gaps; empty, or not > 0 for a
  // row that never had one = unknown: its answers are counted instead.
  // `joins`: by row, sessions begun by redirects where some are put off (WaitingRooms::joins).
  void Observe(absl::Time now, const Activity& activity, absl::Span<const float> resolver_arrivals,
               absl::Span<const float> joins = {});

  // What a unit is worth in sessions: events are planned in sessions. Without it, 1.
  void UseCalibration(const Calibration& calibration);

  // Requires 0 < horizon. One call for each tick is judged later.
  void Predict(absl::Time now, absl::Duration horizon, Demand* out);

  // Both kinds together, of the last Predict.
  struct ServiceForecast {
    double arrivals_now = 0;
    double arrivals_expected = 0;  // mean over the horizon, median
    double arrivals_end = 0;       // at its end
    double q10 = 0, q90 = 0;       // of arrivals_expected
    double prior_weight = 0;       // of the event against the trend, 0..1
    double error_mape = 0;         // mean |forecast - actual| / actual
    double error_bias = 0;         // mean log(actual / forecast); > 0: forecasts were too low
  };
  ServiceForecast service(ServiceId id) const { return services_[id.index()].shown; }

 private:
  static constexpr size_t kKinds = 2;  // DNS, redirect

  // One kind of arrivals of one service.
  struct Stream {
    ArrivalSeries series;
    ForecastScore score;
    EventScale scale;
    double bin = 0;       // arrivals of the open bin
    double total = 0;     // all of the closed ones
    double baseline = 0;  // arrivals/s without the event
    double part = 0.5;    // of the service's sessions that begin this way
    double worth = 1;     // sessions for each unit
  };
  struct Service {
    std::array<Stream, kKinds> streams;
    EventCurve curve;  // peak 0: no event
    EventRows rows;
    absl::Time start;  // of the event
    ServiceForecast shown;
  };
  // What a stream will bring.
  struct Outlook {
    double now = 0, expected = 0, end = 0;
    double event = 0;   // part of `expected` that the event adds to what there is
    double weight = 0;  // of the event
    double by_trend = 0;
    double by_event = -1;  // < 0: no event within the horizon
  };

  void BindService(ServiceId id);
  void CarryFrom(const Forecaster& before);
  void CountSlots(const Activity& activity, absl::Span<const float> joins, float part);
  void UseResolvers(absl::Span<const float> arrivals, double elapsed_s);
  void CloseBin(absl::Time now);
  void CloseEventBin(Service& service, absl::Time now);
  Outlook Look(const Service& service, const Stream& stream, absl::Time now,
               double horizon_s) const;
  void Keep(const Outlook& outlook, double horizon_s, Stream* stream) const;
  void Spread(size_t service, size_t kind, const Outlook& outlook, double horizon_s, Demand* out);
  void Margins(size_t service, double horizon_s, Demand* out);

  std::shared_ptr<const Frame> frame_;
  std::vector<Service> services_;
  std::array<RowShares, kKinds> shares_;
  std::vector<uint8_t> by_resolver_;  // by row: counts come from query gaps
  double horizon_s_ = 120;            // of the last Predict
  double bin_s_ = 0;                  // length of the open bin
  double observed_s_ = 0;             // until the end of the last closed one
  int bins_ = 0;
  bool keep_due_ = false;  // a bin was closed since the last Predict
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_FORECASTER_H_
