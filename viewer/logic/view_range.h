// SPDX-License-Identifier: Apache-2.0
// Which stretch of time is in view, and how time becomes pixels. The span is a double so that zooming far in
// and out comes back to where it was; differences of times are taken before anything is converted, so that a
// nanosecond keeps its place an hour into a trace.
#pragma once

#include <cstdint>

#include "trace-model/times.h"

namespace loopscope::viewer {

using trace_model::Ns;

inline constexpr double kShortestSpan = 100;  // ns

class ViewRange {
 public:
  Ns start = 0;
  double span = 1e9;    // ns
  double width = 1280;  // px

  [[nodiscard]] Ns end() const;
  [[nodiscard]] double ns_per_px() const { return span / width; }
  // Pixels from the left edge, clamped to [-10, width + 10]: coordinates far outside break antialiasing.
  [[nodiscard]] double x_of(Ns t) const;
  [[nodiscard]] Ns t_at(double x) const;

  void show(Ns from, Ns to);           // at least kShortestSpan
  void zoom(double factor, double x);  // the time under x stays there; factor < 1 zooms in
  void pan(double pixels);             // > 0: to later times
  void keep_within(Ns from, Ns to);    // a span of at most 1.5 of that, and never wholly outside it
};

// Where to put marks on a time axis: 1, 2 or 5 times a power of ten, at least `distance_px` apart.
[[nodiscard]] Ns tick_step(double ns_per_px, double distance_px);

}  // namespace loopscope::viewer
