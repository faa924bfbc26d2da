// SPDX-License-Identifier: Apache-2.0
// Draws the boxes of one lane: bars with labels, hatched waits, marks with a shape for each sort.
#pragma once

#include <vector>

#include "viewer/logic/boxes.h"
#include "viewer/panels/frame.h"

namespace loopscope::viewer {

class LanePainter {
 public:
  LanePainter(const Frame& frame, ImDrawList& list, const Rect& area)
      : frame_(frame), list_(list), area_(area) {}

  // `y`, `height`: of the lane on the screen. Leaves its boxes in boxes().
  void paint(uint32_t lane, float y, float height);
  [[nodiscard]] const std::vector<Box>& boxes() const { return boxes_; }

  // Outlines what is selected, where it is in view.
  void outline(uint32_t lane, uint32_t index, float y, float height, ImU32 colour, float thickness);

 private:
  void show_hit(const Box& box, uint32_t lane, float y, float height);
  [[nodiscard]] bool is_tick(size_t i, LaneRole role) const;
  void bar(const Box& box, uint32_t lane, float y, float height);
  void mark(const Box& box, Look look, float y, float height);
  void label(const Box& box, uint32_t lane, ImU32 on, float y, float height);

  const Frame& frame_;
  ImDrawList& list_;
  Rect area_;
  std::vector<Box> boxes_;
  bool searched_ = false, dims_ = false;
};

// Slanting lines inside a rectangle.
void hatch(ImDrawList& list, ImVec2 min, ImVec2 max, ImU32 colour, float distance);

}  // namespace loopscope::viewer
