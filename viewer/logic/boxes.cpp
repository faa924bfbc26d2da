// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/boxes.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace loopscope::viewer {
namespace {

// The largest power of two that is no longer than kLeastPx.
Ns bucket_of(const ViewRange& view) {
  const double least = std::max(1.0, view.ns_per_px() * kLeastPx);
  return Ns(std::bit_floor(uint64_t(std::min(least, double(int64_t(1) << 61)))));
}

Ns floor_to(Ns step, Ns t) {
  return t & ~(step - 1);  // a power of two: towards minus infinity for negative times, too
}

Box box_of(const Lane& lane, const ViewRange& view, const OpenEnds& ends, uint32_t begin, uint32_t end) {
  const Summary sum = lane.summary(begin, end);
  Box box;
  box.first = begin;
  box.event = sum.longest_at;
  box.important = sum.priority_at;
  box.count = sum.count;
  box.kinds = sum.kinds;
  box.priority = sum.priority;
  box.look = lane.look(sum.longest_at);
  box.open = lane.dur(sum.longest_at) == kOpen;
  box.x0 = view.x_of(lane.start(sum.longest_at));
  box.x1 = std::max(view.x_of(lane.end(sum.longest_at, ends.of(box.look))), box.x0 + kLeastPx);
  return box;
}

}  // namespace

void visible_boxes(const Lane& lane, const ViewRange& view, const OpenEnds& ends, std::vector<Box>& boxes) {
  boxes.clear();
  if (lane.empty()) return;
  const Ns end = view.end(), step = bucket_of(view);
  uint32_t at = lane.first_from(view.start);
  if (at > lane.first() && lane.end(at - 1, ends.of(lane.look(at - 1))) > view.start)
    boxes.push_back(box_of(lane, view, ends, at - 1, at));
  while (at < lane.size() && lane.start(at) < end) {
    const Ns bucket_end = trace_model::time_after(floor_to(step, lane.start(at)), step);
    const uint32_t next = step == 1 ? at + 1 : std::max(at + 1, lane.first_from(bucket_end, at));
    boxes.push_back(box_of(lane, view, ends, at, next));
    at = next;
  }
}

const Box* box_at(const std::vector<Box>& boxes, double x, double reach) {
  const auto after = std::ranges::upper_bound(boxes, x, {}, &Box::x0);
  const Box* best = nullptr;
  double nearest = reach;
  for (auto each = after == boxes.begin() ? after : after - 1; each != boxes.end() && each <= after; ++each) {
    const double distance = x < each->x0 ? each->x0 - x : x > each->x1 ? x - each->x1 : 0;
    if (distance > nearest || (best && distance == nearest)) continue;
    nearest = distance;
    best = &*each;
  }
  return best;
}

}  // namespace loopscope::viewer
