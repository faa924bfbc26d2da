// SPDX-License-Identifier: Apache-2.0
// The lanes: one button for all of them, with a hit test of its own.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "viewer/logic/time_axis.h"
#include "viewer/panels/imgui_compat.h"
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
    range();
    notes();
    live_edge();
    selected();
    arrows();
    list_.PopClipRect();
    each_place([&](const Place& place, float y, size_t) { name(place, y); });
    list_.AddLine(ImVec2(area_.x, area_.y), ImVec2(area_.x, area_.y + area_.height), frame_.theme.line);
    scrollbar();
    list_.PopClipRect();
    input();
    name_buttons();
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
    const Exercises& exercises = frame_.workspace.exercises;
    const bool secret = track.kind == TrackKind::Listener && exercises.hides("listeners");
    const std::string known = secret ? "a listening socket" : track.name;
    if (exercises.highlights(track.kind))
      list_.AddRectFilled({labels_.x, y}, {labels_.x + 4 * frame_.scale, y + height}, theme.hit);
    std::string text = place.pinned ? "▲ " + known : known;
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
    if (selected_.lane != kNone && session_.timeline.has(selected_.lane, selected_.index))
      painter.outline(selected_.lane, selected_.index, selected_.y, selected_.height, frame_.theme.selection,
                      2 * frame_.scale);
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
    for (const Arrow& arrow : session_.arrows()) {
      const ImVec2 from(area_.x + float(session_.view.x_of(arrow.from.t)), y_of_lane(arrow.from.lane));
      const ImVec2 to(area_.x + float(session_.view.x_of(arrow.to.t)), y_of_lane(arrow.to.lane));
      const bool left = from.x < area_.x && to.x < area_.x;
      const bool right = from.x > area_.x + area_.width && to.x > area_.x + area_.width;
      if (left || right) continue;
      const float dx = std::clamp(std::abs(to.x - from.x) / 3, 3.0F, 60.0F * frame_.scale);
      const ImU32 colour = frame_.theme.arrow;
      const float thickness = (arrow.certain ? 2.0F : 1.0F) * frame_.scale, head = kHeadPx * frame_.scale;
      list_.AddBezierCubic(from, {from.x + dx, from.y}, {to.x - dx, to.y}, {to.x - head + 1, to.y}, colour,
                           thickness);
      list_.AddTriangleFilled(to, {to.x - head, to.y - head / 2}, {to.x - head, to.y + head / 2}, colour);
      list_.AddCircleFilled(from, 3 * frame_.scale, colour);
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
    if (!lane.has(hit_.index)) return;
    const uint32_t row = lane.record(hit_.index);
    const Look look = frame_.look_of(hit_.lane, hit_.index);
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

  // A drag with the left button is a range; with Shift, or another button, it moves the picture.
  void input() {
    const ImGuiIO& io = ImGui::GetIO();
    if (hovered_ && (io.MouseWheel != 0 || io.MouseWheelH != 0)) wheel(io);
    const bool left = active_ && ImGui::IsMouseDragging(0, kDragSlopPx);
    const bool moves = active_ && (ImGui::IsMouseDragging(1, kDragSlopPx) ||
                                   ImGui::IsMouseDragging(2, kDragSlopPx) || (left && io.KeyShift));
    if (moves) {
      request(Request::Kind::Pan, -io.MouseDelta.x);
      if (io.MouseDelta.y != 0) request(Request::Kind::Scroll, -io.MouseDelta.y / frame_.scale);
    } else if (left) {
      const Ns a = session_.view.t_at(io.MouseClickedPos[0].x - area_.x);
      const Ns b = session_.view.t_at(std::clamp(io.MousePos.x - area_.x, 0.0F, area_.width));
      frame_.ask(Request::Kind::SetRange, std::min(a, b), std::max(a, b));
    } else if (hovered_ && hit_.lane != kNone) {
      tooltip();
    }
    const ImVec2 dragged = ImGui::GetMouseDragDelta(0, kDragSlopPx);
    if (ImGui::IsMouseReleased(0) && ImGui::IsItemDeactivated() && dragged.x != 0 && !io.KeyShift)
      frame_.perform(Action::ShowRangeFigures);
    if (!hovered_) return;
    // What was there has moved away from under the mouse when a double click ends.
    if (ImGui::IsMouseReleased(0) && io.MouseClickedLastCount[0] < 2 &&
        std::abs(io.MouseClickedPos[0].x - io.MousePos.x) +
                std::abs(io.MouseClickedPos[0].y - io.MousePos.y) <=
            kDragSlopPx) {
      Request made;
      made.kind = hit_.lane != kNone ? Request::Kind::Select : Request::Kind::Unselect;
      made.lane = hit_.lane;
      made.a = hit_.index;
      frame_.ask(made);
    }
    if (ImGui::IsMouseDoubleClicked(0) && hit_.lane != kNone) frame_.perform(Action::Focus);
  }

  void name_buttons() {
    ImGui::SetCursorScreenPos(labels_.min());
    ImGui::InvisibleButton("names", labels_.size(),
                           ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
    const bool hovered = ImGui::IsItemHovered();
    const ImGuiIO& io = ImGui::GetIO();
    if (hovered && io.MouseWheel != 0) request(Request::Kind::Scroll, -io.MouseWheel * kWheelScroll);
    if (hovered)
      each_place([&](const Place& place, float y, size_t) {
        if (io.MousePos.y < y || io.MousePos.y >= y + place.height * frame_.scale) return;
        const Track& track = session_.timeline.tracks[place.track];
        if (track.kind != TrackKind::Process)
          ImGui::SetTooltip("%s\nclick: fold; right button: more", track.name.c_str());
        if (ImGui::IsMouseClicked(0)) frame_.ask(Request::Kind::Fold, place.track);
        if (!ImGui::IsMouseClicked(1)) return;
        ImGui::GetStateStorage()->SetInt(ImGui::GetID("of track"), int(place.track));
        ImGui::OpenPopup("lane");
      });
    lane_menu();
  }

  void lane_menu() {
    const auto track = uint32_t(ImGui::GetStateStorage()->GetInt(ImGui::GetID("of track"), 0));
    if (!ImGui::BeginPopup("lane")) return;
    if (compat::key_pressed(kKeyEscape, false)) ImGui::CloseCurrentPopup();
    if (track < session_.timeline.tracks.size()) {
      const bool header = session_.timeline.tracks[track].kind == TrackKind::Process;
      if (ImGui::MenuItem(session_.layout.collapsed(track) ? "unfold" : "fold"))
        frame_.ask(Request::Kind::Fold, track);
      if (!header && ImGui::MenuItem(session_.layout.pinned(track) ? "unpin" : "pin to the top"))
        frame_.ask(Request::Kind::Pin, track);
      if (ImGui::MenuItem("hide")) frame_.ask(Request::Kind::Hide, track);
      if (session_.layout.hidden_count() > 0 && ImGui::MenuItem("show all that is hidden"))
        frame_.ask(Request::Kind::ShowHidden);
    }
    ImGui::EndPopup();
  }

  void range() {
    const auto& marked = session_.range();
    if (!marked) return;
    const auto [from, to] = *marked;
    const float x0 = area_.x + float(session_.view.x_of(from)), x1 = area_.x + float(session_.view.x_of(to));
    const ImU32 tint = (frame_.theme.arrow & ~IM_COL32_A_MASK) | (34u << IM_COL32_A_SHIFT);
    list_.AddRectFilled({x0, area_.y}, {x1, area_.y + area_.height}, tint);
    for (const float x : {x0, x1})
      list_.AddLine({x, area_.y}, {x, area_.y + area_.height}, frame_.theme.arrow);
    const std::string text = "Δt " + duration_text(trace_model::time_between(from, to));
    const ImVec2 size = ImGui::CalcTextSize(text.c_str());
    const float middle = (std::max(x0, area_.x) + std::min(x1, area_.x + area_.width)) / 2;
    if (x1 < area_.x || x0 > area_.x + area_.width) return;
    const float x = std::clamp(middle - size.x / 2, area_.x + 4,
                               std::max(area_.x + 4, area_.x + area_.width - size.x - 8));
    const float y = area_.y + area_.height - size.y - 6;
    list_.AddRectFilled({x - 5, y - 2}, {x + size.x + 5, y + size.y + 2}, frame_.theme.process, 3);
    text_in(list_, frame_, x, y, frame_.theme.text, text);
  }

  void notes() {
    for (const Note& note : session_.notes.all()) {
      const float x = area_.x + float(session_.view.x_of(note.t));
      if (x < area_.x || x > area_.x + area_.width) continue;
      for (float y = area_.y; y < area_.y + area_.height; y += 6)
        list_.AddLine({x, y}, {x, y + 3}, frame_.theme.hit);
    }
  }

  void live_edge() {
    if (!session_.live()) return;
    const float x = area_.x + float(session_.view.x_of(session_.timeline.end()));
    if (x < area_.x || x > area_.x + area_.width) return;
    list_.AddLine({x, area_.y}, {x, area_.y + area_.height}, frame_.theme.error, 1.5F);
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
    if (x + 4 + ImGui::CalcTextSize(tick.label.c_str()).x <= axis.x + axis.width)
      text_in(list, frame, x + 4, axis.y + 2, frame.theme.dim, tick.label);
  }
  const auto& notes = frame.session.notes.all();
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const float flag = 12 * frame.scale;
  for (size_t i = 0; i < notes.size(); ++i) {
    const float x = axis.x + float(frame.session.view.x_of(notes[i].t));
    if (x < axis.x || x > axis.x + axis.width) continue;
    list.AddLine({x, axis.y}, {x, axis.y + axis.height}, frame.theme.hit, 2);
    list.AddTriangleFilled({x, axis.y}, {x + flag, axis.y + flag / 2}, {x, axis.y + flag}, frame.theme.hit);
    if (!axis.has(mouse) || mouse.x < x - 2 || mouse.x > x + flag) continue;
    if (!notes[i].text.empty()) ImGui::SetTooltip("%s", trace_model::terminal_text(notes[i].text).c_str());
    if (ImGui::IsMouseClicked(0)) frame.ask(Request::Kind::GoToNote, uint32_t(i));
  }
  list.PopClipRect();
}

}  // namespace loopscope::viewer
