// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/lane_painter.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace loopscope::viewer {
namespace {

constexpr float kLeastLabel = 30, kLeastLetter = 14, kSmallestText = 0.75F, kLeastHatch = 14,
                kHatchDistance = 9, kMergedBelow = 6, kWakeupTop = 0.4F;

bool is_hatched(Look look) {
  return look == Look::Wait;
}

}  // namespace

void text_in(ImDrawList& list, const Frame& frame, float x, float y, ImU32 colour, std::string_view text) {
  (void)frame;
  list.AddText(ImVec2(std::round(x), std::round(y)), colour, text.data(), text.data() + text.size());
}

void text_cut(ImDrawList& list, float x, float y, float max_x, float max_y, ImU32 colour,
              std::string_view text) {
  const ImVec4 clip(x, y - 2, max_x, max_y);
  const auto width = [](std::string_view part) {
    return ImGui::CalcTextSize(part.data(), part.data() + part.size()).x;
  };
  std::string shortened;
  if (width(text) > max_x - x) {
    constexpr std::string_view kMore = "…";
    const float room = max_x - x - width(kMore);
    size_t fits = 0, too_long = text.size();
    while (fits + 1 < too_long) {
      const size_t middle = (fits + too_long) / 2;
      (width(text.substr(0, middle)) <= room ? fits : too_long) = middle;
    }
    while (fits > 0 && (uint8_t(text[fits]) & 0xc0) == 0x80) --fits;  // no half of a character
    shortened = std::string(text.substr(0, fits)).append(kMore);
    text = shortened;
  }
  list.AddText(ImGui::GetFont(), ImGui::GetFontSize(), ImVec2(std::round(x), std::round(y)), colour,
               text.data(), text.data() + text.size(), 0, &clip);
}

void hatch(ImDrawList& list, ImVec2 min, ImVec2 max, ImU32 colour, float distance) {
  const float height = max.y - min.y;
  // At multiples of the distance, so that neighbours go on from each other.
  float x = std::floor((min.x - height) / distance) * distance;
  for (; x < max.x; x += distance) {
    const float from = std::max(x, min.x), to = std::min(x + height, max.x);
    if (to <= from) continue;
    list.AddLine(ImVec2(from, max.y - (from - x)), ImVec2(to, max.y - (to - x)), colour);
  }
}

void LanePainter::paint(uint32_t lane, float y, float height) {
  const Session& session = frame_.session;
  searched_ = !session.search.hits().empty();
  dims_ = !session.search.query().empty() && session.search.error().empty() &&
          session.search_mode() == SearchMode::Dim;
  const LaneOfTrack& of = session.timeline.lanes[lane];
  visible_boxes(of.lane, session.view, {session.timeline.end(), session.timeline.recorded_until()}, boxes_);
  if (of.role == LaneRole::Marks || of.role == LaneRole::Completions) {
    for (const Box& box : boxes_) {
      mark(box, frame_.look_of(lane, box.important), y, height);
      if (searched_ || dims_) show_hit(box, lane, y, height);
    }
    return;
  }
  // Neighbours that are too narrow to be told apart are one rectangle.
  for (size_t i = 0; i < boxes_.size(); ++i) {
    Box box = boxes_[i];
    while (i + 1 < boxes_.size() && box.x1 - box.x0 < kMergedBelow && boxes_[i + 1].x0 <= box.x1 + 0.5 &&
           boxes_[i + 1].look == box.look && boxes_[i + 1].x1 - boxes_[i + 1].x0 < kMergedBelow &&
           boxes_[i + 1].priority == box.priority) {
      ++i;
      box.x1 = std::max(box.x1, boxes_[i].x1);
      box.count += boxes_[i].count;
    }
    // A short wakeup between sleeps is drawn last: the next sleep would cover it.
    if (!is_tick(i, of.role)) bar(box, lane, y, height);
    if (searched_ || dims_) show_hit(box, lane, y, height);
  }
  // What matters and is too short to be the longest of its bucket is drawn over it, in its own place.
  for (size_t i = 0; i < boxes_.size(); ++i) {
    const Box& box = boxes_[i];
    if (!is_tick(i, of.role) && (box.priority == 0 || of.lane.priority(box.event) >= box.priority)) continue;
    const Look look = of.lane.look(box.important);
    const float x = area_.x + float(session.view.x_of(of.lane.start(box.important)));
    const ImU32 colour = of.role == LaneRole::Waits ? frame_.theme.looks[size_t(look)] : frame_.theme.error;
    // A wakeup between sleeps is lower than they are, so that a loop that sleeps nearly always looks so.
    const float top = of.role == LaneRole::Waits ? y + height * kWakeupTop : y + height - 3;
    list_.AddRectFilled({x, top}, {x + float(kLeastPx), y + height}, colour);
  }
}

bool LanePainter::is_tick(size_t i, LaneRole role) const {
  if (role != LaneRole::Waits || is_hatched(boxes_[i].look) || boxes_[i].x1 - boxes_[i].x0 > kLeastPx * 1.01)
    return false;
  return (i > 0 && is_hatched(boxes_[i - 1].look)) ||
         (i + 1 < boxes_.size() && is_hatched(boxes_[i + 1].look));
}

// What the search found has a line over it; the rest may be dimmed.
void LanePainter::show_hit(const Box& box, uint32_t lane, float y, float height) {
  const float x0 = std::max(area_.x, area_.x + float(box.x0) - 1);
  const float x1 = std::min(area_.x + area_.width, area_.x + float(box.x1) + 1);
  if (searched_ && frame_.session.has_hit(lane, box.first, box.count))
    list_.AddRectFilled({x0, y - 1}, {x1, y + 2}, frame_.theme.hit);
  else if (dims_)
    list_.AddRectFilled({x0, y}, {x1, y + height},
                        (frame_.theme.background & ~IM_COL32_A_MASK) | (190u << IM_COL32_A_SHIFT));
}

void LanePainter::bar(const Box& box, uint32_t lane, float y, float height) {
  const Theme& theme = frame_.theme;
  const float x0 = area_.x + float(box.x0), x1 = area_.x + float(box.x1);
  const ImVec2 min(std::max(x0, area_.x - 4), y), max(std::min(x1, area_.x + area_.width + 4), y + height);
  if (is_hatched(box.look)) {
    list_.AddRectFilled(min, max, theme.wait);
    if (max.x - min.x >= kLeastHatch) hatch(list_, min, max, theme.hatch, kHatchDistance * frame_.scale);
    if (max.x - min.x >= 3 * kLeastLabel) label(box, lane, theme.wait, y, height);
    return;
  }
  const ImU32 colour = theme.looks[size_t(box.look)];
  list_.AddRectFilled(min, max, colour);
  const LaneOfTrack& of = frame_.session.timeline.lanes[lane];
  if (of.role == LaneRole::Calls && of.lane.priority(box.event) > 0)  // a failure
    list_.AddRectFilled(ImVec2(min.x, max.y - 3), max, theme.error);
  if (box.open && x1 <= area_.x + area_.width && max.x - min.x > 8)
    list_.AddRectFilledMultiColor(ImVec2(std::max(min.x, max.x - 40), min.y), max, colour & ~IM_COL32_A_MASK,
                                  theme.background, theme.background, colour & ~IM_COL32_A_MASK);
  if (max.x - min.x > 4 && box.count == 1)
    list_.AddLine(ImVec2(max.x - 0.5F, min.y), ImVec2(max.x - 0.5F, max.y), theme.background);
  if (box.look != Look::Life) label(box, lane, colour, y, height);
}

void LanePainter::label(const Box& box, uint32_t lane, ImU32 on, float y, float height) {
  const float x0 = std::max(area_.x, area_.x + float(box.x0));
  const float x1 = std::min(area_.x + area_.width, area_.x + float(box.x1));
  const float full = ImGui::GetFontSize();
  if (height < full * kSmallestText || x1 - x0 < kLeastLetter) return;
  const float size = std::min(full, height + 1);
  const LaneOfTrack& of = frame_.session.timeline.lanes[lane];
  const ImU32 ink = is_hatched(box.look) ? frame_.theme.dim : text_on(on);
  std::string_view text;
  if (of.role == LaneRole::Waits) {
    text = look_word(box.look);
    if (ImGui::CalcTextSize(text.data(), text.data() + text.size()).x > x1 - x0 - 8)
      text = look_letter(box.look);
  } else {
    const float least = box.count > 1 ? 3 * kLeastLabel : kLeastLabel;
    if (x1 - x0 < least * frame_.scale) return;
    text = frame_.texts.label(of.lane.record(box.event));
    // As many of its words as there is room for: half a word says nothing.
    const auto too_wide = [&] {
      return ImGui::CalcTextSize(text.data(), text.data() + text.size()).x * size / full > x1 - x0 - 6;
    };
    while (!text.empty() && too_wide())
      text = text.substr(0, text.find(' ') == text.npos ? 0 : text.rfind(' '));
    if (text.ends_with(" =")) text.remove_suffix(2);
    if (text.ends_with(" fd")) text.remove_suffix(3);
  }
  const ImVec4 clip(x0, y - 2, x1 - 2, y + height + 2);
  list_.AddText(ImGui::GetFont(), size, ImVec2(std::round(x0 + 4), std::round(y + (height - size) / 2)), ink,
                text.data(), text.data() + text.size(), 0, &clip);
}

void LanePainter::mark(const Box& box, Look look, float y, float height) {
  const Theme& theme = frame_.theme;
  const ImU32 colour = theme.looks[size_t(look)], edge = theme.background;
  const float x = area_.x + float(box.x0), middle = y + height / 2;
  const float r = std::min(height / 2, 6.5F * frame_.scale);
  switch (look) {
    case Look::MarkAdd:
      list_.AddTriangleFilled({x, middle - r}, {x + r, middle + r}, {x - r, middle + r}, colour);
      list_.AddTriangle({x, middle - r}, {x + r, middle + r}, {x - r, middle + r}, edge);
      return;
    case Look::MarkDel:
      list_.AddTriangleFilled({x - r, middle - r}, {x + r, middle - r}, {x, middle + r}, colour);
      return;
    case Look::MarkMod:
      list_.AddLine({x - r, middle + r / 2}, {x, middle - r / 2}, colour, 2.5F);
      list_.AddLine({x, middle - r / 2}, {x + r, middle + r / 2}, colour, 2.5F);
      return;
    case Look::MarkAccept:
      list_.AddQuadFilled({x, middle - r * 0.8F}, {x + r * 0.7F, middle}, {x, middle + r * 0.8F},
                          {x - r * 0.7F, middle}, colour);
      return;
    case Look::MarkBind:
    case Look::MarkListen:
    case Look::MarkClose: {
      list_.AddRectFilled({x - r, middle - r}, {x + r, middle + r}, colour, 2);
      const std::string_view letter = look == Look::MarkBind ? "B" : look == Look::MarkListen ? "L" : "X";
      const ImVec2 size = ImGui::CalcTextSize(letter.data(), letter.data() + letter.size());
      text_in(list_, frame_, x - size.x / 2, middle - size.y / 2, text_on(colour), letter);
      return;
    }
    case Look::MarkWakeup:
      list_.AddLine({x, y}, {x, y + height}, colour, 2);
      return;
    default:
      list_.AddRectFilled({x - 1, y + 1}, {x + 1, y + height - 1}, colour);
      if (box.priority > 0) list_.AddRectFilled({x - 2, y + height - 4}, {x + 2, y + height}, theme.error);
  }
}

void LanePainter::outline(uint32_t lane, uint32_t index, float y, float height, ImU32 colour,
                          float thickness) {
  const Session& session = frame_.session;
  const Lane& of = session.timeline.lanes[lane].lane;
  const float x0 = area_.x + float(session.view.x_of(of.start(index)));
  float x1 = area_.x + float(session.view.x_of(of.end(index, session.timeline.end())));
  if (x1 < area_.x || x0 > area_.x + area_.width) return;
  const float half = is_mark(of.look(index)) ? 8 * frame_.scale : 0;
  x1 = std::max(x1, x0 + 2);
  list_.AddRect(ImVec2(std::max(x0 - half, area_.x - 5) - 1, y - 1),
                ImVec2(std::min(x1 + half, area_.x + area_.width + 5) + 1, y + height + 1), colour, 2, 0,
                thickness);
}

}  // namespace loopscope::viewer
