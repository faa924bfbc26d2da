// SPDX-License-Identifier: Apache-2.0
// The lanes: one button for all of them, with a hit test of its own.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "viewer/logic/time_axis.h"
#include "viewer/panels/lane_painter.h"

namespace loopscope::viewer {
namespace {

using trace_model::duration_text;
using trace_model::time_text;

constexpr float kReachPx = 6, kHeadPx = 7;
constexpr double kWheelZoom = 0.8, kWheelScroll = 60, kDragSlopPx = 4;

struct Hit {
  uint32_t lane = kNone, index = kNone, count = 0;
  float y = 0, height = 0;
};

class Canvas {
 public:
  Canvas(const Frame& frame, const Rect& labels, const Rect& area)
      : frame_(frame),
        session_(frame.session),
        labels_(labels),
        area_(area),
        list_(*ImGui::GetWindowDrawList()) {}

  void draw() {
    ImGui::SetCursorScreenPos(area_.min());
    ImGui::InvisibleButton("lanes", area_.size(),
                           ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonMiddle |
                               ImGuiButtonFlags_MouseButtonRight);
    hovered_ = ImGui::IsItemHovered();
    active_ = ImGui::IsItemActive();
    list_.AddRectFilled(labels_.min(), area_.max(), frame_.theme.background);
    list_.PushClipRect(labels_.min(), area_.max(), true);
    grid();
    each_place([&](const Place& place, float y, size_t i) { stripe(place, y, i); });
    list_.PushClipRect(area_.min(), area_.max(), true);
    each_place([&](const Place& place, float y, size_t) { paint(place, y); });
    gaps();
    selected();
    arrows();
    list_.PopClipRect();
    each_place([&](const Place& place, float y, size_t) { name(place, y); });
    list_.AddLine(ImVec2(area_.x, area_.y), ImVec2(area_.x, area_.y + area_.height), frame_.theme.line);
    scrollbar();
    list_.PopClipRect();
    input();
    fold_buttons();
  }

 private:
  template <typename Visit>
  void each_place(Visit&& visit) {
    const auto& places = session_.layout.places();
    const float scroll = session_.scroll;
    for (size_t i = session_.layout.first_at(scroll); i < places.size(); ++i) {
      const float y = area_.y + (places[i].y - scroll) * frame_.scale;
      if (y >= area_.y + area_.height) break;
      visit(places[i], y, i);
    }
  }

  void grid() {
    for (const Tick& tick : ticks_of(session_.view, 110 * frame_.scale)) {
      const float x = std::round(area_.x + float(tick.x));
      if (x >= area_.x) list_.AddLine({x, area_.y}, {x, area_.y + area_.height}, frame_.theme.grid);
    }
  }

  void stripe(const Place& place, float y, size_t i) {
    const float bottom = y + place.height * frame_.scale;
    const Track& track = session_.timeline.tracks[place.track];
    if (track.kind == TrackKind::Process)
      list_.AddRectFilled({labels_.x, y}, {area_.x + area_.width, bottom}, frame_.theme.process);
    else if (i % 2)
      list_.AddRectFilled({labels_.x, y}, {labels_.x + labels_.width, bottom}, frame_.theme.stripe);
    list_.AddLine({labels_.x, bottom - 0.5F}, {area_.x + area_.width, bottom - 0.5F}, frame_.theme.grid);
  }

  void name(const Place& place, float y) {
    const Track& track = session_.timeline.tracks[place.track];
    const Theme& theme = frame_.theme;
    const bool header = track.kind == TrackKind::Process;
    const float font = ImGui::GetFontSize(), height = place.height * frame_.scale;
    const float text_y = header || height < 2 * font ? y + (height - font) / 2 : y + 4 * frame_.scale;
    const float x = labels_.x + (header ? 6 : 20) * frame_.scale;
    const float r = 3.5F * frame_.scale, mid = text_y + font / 2 + 1;
    if (place.collapsed)
      list_.AddTriangleFilled({x, mid - r}, {x + r * 1.4F, mid}, {x, mid + r}, theme.dim);
    else
      list_.AddTriangleFilled({x - 1, mid - r / 1.5F}, {x + r * 1.6F, mid - r / 1.5F},
                              {x + r * 0.8F - 0.5F, mid + r}, theme.dim);
    std::string text = track.name;
    if (header) {
      const ProcessName& process = session_.timeline.processes[track.process];
      text = process.name.empty() ? fmt::format("process {}", process.pid)
                                  : fmt::format("{} {}", process.name, process.pid);
    }
    const float max_x = labels_.x + labels_.width - 4;
    text_cut(list_, x + 12 * frame_.scale, text_y, max_x, y + height, theme.text, text);
    const float below = text_y + font + 2;
    if (header || place.collapsed || below + font > y + height + 2) return;
    const std::string_view kind = track.kind == TrackKind::Loop   ? "loop: wakeups, calls"
                                  : track.kind == TrackKind::Ring ? "completions, operations"
                                                                  : "";
    text_cut(list_, x + 12 * frame_.scale, below, max_x, y + height, theme.dim, kind);
  }

  void paint(const Place& place, float y) {
    LanePainter painter(frame_, list_, area_);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    Layout::bands_of(session_.timeline, place, bands_);
    for (const Band& band : bands_) {
      const float top = y + band.y * frame_.scale, height = band.height * frame_.scale;
      painter.paint(band.lane, top, height);
      if (hovered_ && mouse.y >= top - 1 && mouse.y < top + height + 1)
        if (const Box* box = box_at(painter.boxes(), mouse.x - area_.x, kReachPx)) {
          const LaneRole role = session_.timeline.lanes[band.lane].role;
          const bool moment = role == LaneRole::Marks || role == LaneRole::Completions;
          hit_ = {band.lane, moment ? box->important : box->event, box->count, top, height};
        }
      if (session_.selection().lane == band.lane)
        selected_ = {band.lane, session_.selection().index, 1, top, height};
    }
  }

  void selected() {
    LanePainter painter(frame_, list_, area_);
    if (hit_.lane != kNone)
      painter.outline(hit_.lane, hit_.index, hit_.y, hit_.height, frame_.theme.hover, 1);
    if (selected_.lane != kNone)
      painter.outline(selected_.lane, selected_.index, selected_.y, selected_.height, frame_.theme.selection,
                      2);
  }

  void gaps() {
    for (const GapRow& gap : session_.timeline.gaps) {
      const float x0 = area_.x + float(session_.view.x_of(gap.t));
      const float x1 = std::max(x0 + 2, area_.x + float(session_.view.x_of(gap.until)));
      if (x1 < area_.x || x0 > area_.x + area_.width) continue;
      list_.AddRectFilled({x0, area_.y}, {x1, area_.y + area_.height}, frame_.theme.lost);
      if (x1 - x0 > 10) hatch(list_, {x0, area_.y}, {x1, area_.y + area_.height}, frame_.theme.error, 24);
      if (x1 - x0 > 80) {
        const std::string text = fmt::format("lost {}", gap.count);
        text_cut(list_, std::max(x0, area_.x) + 6, area_.y + 4, x1, area_.y + area_.height,
                 frame_.theme.error, text);
      }
    }
  }

  // The middle of a lane on the screen, or the nearest edge where it has been scrolled away.
  [[nodiscard]] float y_of_lane(uint32_t lane) {
    const uint32_t track = session_.timeline.lanes[lane].track;
    const Place* place = session_.layout.place_of(track);
    if (!place) return area_.y;
    const float y = area_.y + (place->y - session_.scroll) * frame_.scale;
    Layout::bands_of(session_.timeline, *place, bands_);
    float middle = y + place->height * frame_.scale / 2;
    for (const Band& band : bands_)
      if (band.lane == lane) middle = y + (band.y + band.height / 2) * frame_.scale;
    return std::clamp(middle, area_.y, area_.y + area_.height);
  }

  void arrows() {
    for (const Arrow& arrow : const_cast<Session&>(session_).arrows()) {
      const ImVec2 from(area_.x + float(session_.view.x_of(arrow.from.t)), y_of_lane(arrow.from.lane));
      const ImVec2 to(area_.x + float(session_.view.x_of(arrow.to.t)), y_of_lane(arrow.to.lane));
      const bool left = from.x < area_.x && to.x < area_.x;
      const bool right = from.x > area_.x + area_.width && to.x > area_.x + area_.width;
      if (left || right) continue;
      const float dx = std::clamp(std::abs(to.x - from.x) / 4, 14.0F, 60.0F);
      const ImU32 colour = frame_.theme.arrow;
      const float thickness = arrow.certain ? 2.0F : 1.0F;
      list_.AddBezierCubic(from, {from.x + dx, from.y}, {to.x - dx, to.y}, {to.x - kHeadPx + 1, to.y}, colour,
                           thickness);
      list_.AddTriangleFilled(to, {to.x - kHeadPx, to.y - kHeadPx / 2}, {to.x - kHeadPx, to.y + kHeadPx / 2},
                              colour);
      list_.AddCircleFilled(from, 3, colour);
    }
  }

  void scrollbar() {
    const float all = session_.layout.height() * frame_.scale;
    if (all <= area_.height) return;
    const float share = area_.height / all;
    const float y = area_.y + session_.scroll * frame_.scale * share;
    list_.AddRectFilled({area_.x + area_.width - 5, y},
                        {area_.x + area_.width - 1, y + std::max(12.0F, area_.height * share)},
                        frame_.theme.dim, 2);
  }

  void tooltip() {
    const Lane& lane = session_.timeline.lanes[hit_.lane].lane;
    const LaneRole role = session_.timeline.lanes[hit_.lane].role;
    const uint32_t row = lane.record(hit_.index);
    const Look look = lane.look(hit_.index);
    const bool is_call = role == LaneRole::Calls || look == Look::Wait;
    ImGui::BeginTooltip();
    const std::string_view word = look_word(look);
    if (!word.empty() && !is_call) ImGui::Text("%.*s", int(word.size()), word.data());
    ImGui::TextUnformatted(frame_.texts.label(row).c_str());
    std::string when = time_text(lane.start(hit_.index));
    if (lane.dur(hit_.index) == kOpen)
      when += ", not over when the trace ends";
    else if (lane.dur(hit_.index) > 0)
      when += ", " + duration_text(lane.dur(hit_.index));
    ImGui::TextUnformatted(when.c_str());
    if (hit_.count > 1) ImGui::TextDisabled("and %u more here: zoom in", hit_.count - 1);
    ImGui::EndTooltip();
  }

  void request(Request::Kind kind, double amount, double x = 0) {
    Request made;
    made.kind = kind;
    made.amount = amount;
    made.x = x;
    frame_.ask(made);
  }

  void wheel(const ImGuiIO& io) {
    const float x = io.MousePos.x - area_.x;
    const bool overflows = session_.layout.height() * frame_.scale > area_.height;
    if (io.KeyShift || io.MouseWheelH != 0)
      request(Request::Kind::Pan, -(io.MouseWheel + io.MouseWheelH) * kWheelScroll);
    else if (io.KeyCtrl || !overflows)
      request(Request::Kind::Zoom, std::pow(kWheelZoom, io.MouseWheel), x);
    else
      request(Request::Kind::Scroll, -io.MouseWheel * kWheelScroll);
  }

  void input() {
    const ImGuiIO& io = ImGui::GetIO();
    if (hovered_ && (io.MouseWheel != 0 || io.MouseWheelH != 0)) wheel(io);
    const bool dragged =
        active_ && (ImGui::IsMouseDragging(0, kDragSlopPx) || ImGui::IsMouseDragging(1, kDragSlopPx) ||
                    ImGui::IsMouseDragging(2, kDragSlopPx));
    if (dragged) {
      request(Request::Kind::Pan, -io.MouseDelta.x);
      if (io.MouseDelta.y != 0) request(Request::Kind::Scroll, -io.MouseDelta.y / frame_.scale);
    } else if (hovered_ && hit_.lane != kNone) {
      tooltip();
    }
    if (!hovered_) return;
    const ImVec2 moved = ImGui::GetMouseDragDelta(0, 0);
    if (ImGui::IsMouseReleased(0) && std::abs(io.MouseClickedPos[0].x - io.MousePos.x) +
                                             std::abs(io.MouseClickedPos[0].y - io.MousePos.y) <=
                                         kDragSlopPx) {
      Request made;
      made.kind = hit_.lane != kNone ? Request::Kind::Select : Request::Kind::Unselect;
      made.lane = hit_.lane;
      made.a = hit_.index;
      frame_.ask(made);
    }
    (void)moved;
    if (ImGui::IsMouseDoubleClicked(0) && hit_.lane != kNone) frame_.perform(Action::Focus);
  }

  void fold_buttons() {
    ImGui::SetCursorScreenPos(labels_.min());
    ImGui::InvisibleButton("names", labels_.size());
    if (!ImGui::IsItemHovered()) return;
    const ImGuiIO& io = ImGui::GetIO();
    if (io.MouseWheel != 0) request(Request::Kind::Scroll, -io.MouseWheel * kWheelScroll);
    each_place([&](const Place& place, float y, size_t) {
      if (io.MousePos.y < y || io.MousePos.y >= y + place.height * frame_.scale) return;
      const Track& track = session_.timeline.tracks[place.track];
      if (track.kind != TrackKind::Process) ImGui::SetTooltip("%s", track.name.c_str());
      if (!ImGui::IsMouseClicked(0)) return;
      Request made;
      made.kind = Request::Kind::Fold;
      made.a = place.track;
      frame_.ask(made);
    });
  }

  const Frame& frame_;
  const Session& session_;
  Rect labels_, area_;
  ImDrawList& list_;
  std::vector<Band> bands_;
  Hit hit_, selected_;
  bool hovered_ = false, active_ = false;
};

}  // namespace

void draw_timeline(const Frame& frame, const Rect& labels, const Rect& lanes) {
  Canvas(frame, labels, lanes).draw();
}

void draw_axis(const Frame& frame, const Rect& axis) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(axis.min(), axis.max(), frame.theme.panel);
  list.PushClipRect(axis.min(), axis.max(), true);
  for (const Tick& tick : ticks_of(frame.session.view, 110 * frame.scale)) {
    const float x = std::round(axis.x + float(tick.x));
    list.AddLine({x, axis.y + axis.height - 5}, {x, axis.y + axis.height}, frame.theme.dim);
    text_in(list, frame, x + 4, axis.y + 2, frame.theme.dim, tick.label);
  }
  list.PopClipRect();
}

}  // namespace loopscope::viewer
