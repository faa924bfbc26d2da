// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/view_range.h"

#include <algorithm>
#include <cmath>

namespace loopscope::viewer {
namespace {

constexpr double kMargin = 10;
constexpr double kMost = 9.2e18;  // what int64 holds, nearly

Ns to_ns(double value) {
  return Ns(std::clamp(value, -kMost, kMost));
}

}  // namespace

Ns ViewRange::end() const {
  return trace_model::time_after(start, to_ns(span));
}

double ViewRange::x_of(Ns t) const {
  // Two times may be further apart than int64 holds.
  const double from_start = double(trace_model::time_between(start, t));
  return std::clamp(from_start * (width / span), -kMargin, width + kMargin);
}

Ns ViewRange::t_at(double x) const {
  return trace_model::time_after(start, to_ns(std::floor(x * ns_per_px())));
}

void ViewRange::show(Ns from, Ns to) {
  start = from;
  span = std::max(kShortestSpan, double(trace_model::time_between(from, to)));
}

void ViewRange::zoom(double factor, double x) {
  const double wanted = std::clamp(span * factor, kShortestSpan, kMost);
  const double share = x / width;
  start = trace_model::time_after(start, to_ns(std::round(share * (span - wanted))));
  span = wanted;
}

void ViewRange::pan(double pixels) {
  start = trace_model::time_after(start, to_ns(std::round(pixels * ns_per_px())));
}

void ViewRange::keep_within(Ns from, Ns to) {
  const double whole = std::max(kShortestSpan, double(trace_model::time_between(from, to)));
  span = std::min(span, whole * 1.5);
  const Ns half = to_ns(span / 2);
  start = std::clamp(start, trace_model::time_between(half, from),
                     std::max(trace_model::time_between(half, from), trace_model::time_between(half, to)));
}

Ns tick_step(double ns_per_px, double distance_px) {
  const double least = std::max(1.0, ns_per_px * distance_px);
  double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double step : {1.0, 2.0, 5.0, 10.0})
    if (step * power >= least * (1 - 1e-9)) return to_ns(step * power);
  return to_ns(power * 10);
}

}  // namespace loopscope::viewer
