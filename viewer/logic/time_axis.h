// SPDX-License-Identifier: Apache-2.0
// Marks of a time axis, and how dense a trace is along it.
#pragma once

#include <string>
#include <vector>

#include "viewer/logic/timeline.h"
#include "viewer/logic/view_range.h"

namespace loopscope::viewer {

struct Tick {
  double x = 0;
  std::string label;
};

// At least `distance_px` apart; at most a few hundred, whatever the view.
[[nodiscard]] std::vector<Tick> ticks_of(const ViewRange& view, double distance_px);

// "1.234 567 s": seconds since the attach, with the decimals that a step asks for.
[[nodiscard]] std::string axis_label(Ns t, Ns step);

// How many events begin in each pixel column of the view, over all tracks' calls, bursts and completions.
[[nodiscard]] std::vector<uint32_t> densities_of(const Timeline& timeline, const ViewRange& view);

}  // namespace loopscope::viewer
