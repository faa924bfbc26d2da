// SPDX-License-Identifier: Apache-2.0
// What of a lane is drawn. Events are gathered in buckets of a power of two of nanoseconds, at absolute
// multiples of it, so that a picture does not flicker while it is moved; of each bucket the longest event is
// drawn in its true place, and what matters most (an error, the selection) is never hidden by it.
#pragma once

#include <vector>

#include "viewer/logic/lane.h"
#include "viewer/logic/view_range.h"

namespace loopscope::viewer {

struct Box {
  double x0 = 0, x1 = 0;   // px, x1 > x0
  uint32_t first = 0;      // in the lane: of those it stands for
  uint32_t event = 0;      // in the lane: the longest of those it stands for
  uint32_t important = 0;  // the one of the highest priority
  uint32_t count = 1;
  uint32_t kinds = 0;  // bits of Look
  uint8_t priority = 0;
  Look look = Look::Other;
  bool open = false;  // it had not ended
};

inline constexpr double kLeastPx = 2;  // narrower events share a box

// Until when what had not ended is drawn: what sleeps does so until now; of work no more is known than what
// was recorded, which lags behind while a trace is live.
struct OpenEnds {
  Ns now = 0, recorded = 0;
  [[nodiscard]] Ns of(Look look) const { return is_burst(look) ? recorded : now; }
};

// Replaces what is in `boxes`.
void visible_boxes(const Lane& lane, const ViewRange& view, const OpenEnds& ends, std::vector<Box>& boxes);

// The box under x; nullptr: none within `reach` px.
[[nodiscard]] const Box* box_at(const std::vector<Box>& boxes, double x, double reach = 3);

}  // namespace loopscope::viewer
