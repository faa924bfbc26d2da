// SPDX-License-Identifier: Apache-2.0
// The whole trace in one strip: how dense it is, what woke its loops, search hits, findings; and the window
// that is in view, to be dragged by its middle or its edges.
#include <algorithm>
#include <cmath>

#include "trace-model/duration_text.h"
#include "viewer/logic/time_axis.h"
#include "viewer/panels/lane_painter.h"
#include "viewer/panels/top_bar.h"

namespace loopscope::viewer {
namespace {

constexpr float kEdgePx = 5, kLoopRow = 8;
constexpr size_t kMostLoops = 2, kMostTicks = 20'000;

ViewRange whole_of(const Session& session, float width) {
  ViewRange whole;
  whole.width = width;
  whole.show(session.timeline.begin(), session.timeline.end());
  return whole;
}

// Counting all events of a large trace for every frame would be most of the frame; of one that grows, for
// every time something came.
const std::vector<uint32_t>& cached_densities(const Frame& frame, const ViewRange& whole) {
  struct Cached {
    const Session* session = nullptr;
    uint32_t rows = kNone;
    double width = 0, span = 0, at = 0;
    std::vector<uint32_t> counts;
  };
  static Cached of_trace[2];
  constexpr double kLeastS = 0.25;
  Cached& cached = of_trace[frame.trace % 2];
  const uint32_t rows = frame.session.timeline.records.size();
  const double now = ImGui::GetTime();
  const bool same = cached.session == &frame.session && cached.width == whole.width;
  if (same && cached.rows == rows && (cached.span == whole.span || now - cached.at < kLeastS))
    return cached.counts;
  if (same && frame.session.live() && now - cached.at < kLeastS) return cached.counts;
  cached = {&frame.session, rows, whole.width, whole.span, now, densities_of(frame.session.timeline, whole)};
  return cached.counts;
}

void draw_density(const Frame& frame, ImDrawList& list, const Rect& area, const ViewRange& whole) {
  const std::vector<uint32_t>& counts = cached_densities(frame, whole);
  const uint32_t most = counts.empty() ? 0 : std::ranges::max(counts);
  if (most == 0) return;
  const float unit = area.height / std::log2(float(most) + 1);
  for (size_t x = 0; x < counts.size(); ++x) {
    if (counts[x] == 0) continue;
    const float height = std::max(1.0F, std::log2(float(counts[x]) + 1) * unit);
    const float left = area.x + float(x);
    list.AddRectFilled({left, area.y + area.height - height}, {left + 1, area.y + area.height},
                       frame.theme.dim);
  }
}

void draw_loops_row(const Frame& frame, ImDrawList& list, const Rect& strip, const ViewRange& whole) {
  const Timeline& timeline = frame.session.timeline;
  std::vector<Box> boxes;
  float y = strip.y + strip.height - kLoopRow * frame.scale;
  size_t loops = 0;
  for (const Place& place : frame.session.layout.places()) {
    const uint32_t lane = timeline.lane_of(place.track, LaneRole::Waits);
    if (lane == kNone || timeline.tracks[place.track].kind != TrackKind::Loop) continue;
    if (++loops > kMostLoops) return;
    visible_boxes(timeline.lanes[lane].lane, whole, {timeline.end(), timeline.recorded_until()}, boxes);
    float drawn_to = -1;
    for (const Box& box : boxes) {
      // Of a bucket that has a wakeup in it the wakeup is shown.
      const Lane& waits = timeline.lanes[lane].lane;
      const Look look = waits.look(box.important);
      if (!is_burst(look)) continue;
      const Ns begin = waits.start(box.important), end = waits.end(box.important, timeline.recorded_until());
      const float x0 = std::max(strip.x + float(whole.x_of(begin)), drawn_to);
      const float x1 = std::max(strip.x + float(whole.x_of(end)), x0 + 1);
      if (x1 <= x0) continue;
      list.AddRectFilled({x0, y}, {x1, y + kLoopRow * frame.scale - 2}, frame.theme.looks[size_t(look)]);
      drawn_to = x1;
    }
    y -= kLoopRow * frame.scale;
  }
}

void draw_hits(const Frame& frame, ImDrawList& list, const Rect& strip, const ViewRange& whole) {
  const Session& session = frame.session;
  const auto& hits = session.search.hits();
  const size_t step = std::max<size_t>(1, hits.size() / kMostTicks);
  float last = -1;
  for (size_t i = 0; i < hits.size(); i += step) {
    const uint32_t row = hits[i];
    if (row >= session.timeline.records.size()) break;
    if (!session.timeline.records.has(row)) continue;
    const uint32_t lane = session.timeline.records.lane(row);
    if (!session.timeline.has(lane, session.timeline.records.index(row))) continue;
    const Ns t = session.timeline.lanes[lane].lane.start(session.timeline.records.index(row));
    const float x = std::round(strip.x + float(whole.x_of(t)));
    if (x == last) continue;
    last = x;
    list.AddRectFilled({x, strip.y}, {x + 1, strip.y + 6 * frame.scale}, frame.theme.hit);
  }
  for (const Note& note : session.notes.all()) {
    const float x = strip.x + float(whole.x_of(note.t));
    list.AddLine({x, strip.y}, {x, strip.y + strip.height}, frame.theme.hit);
    list.AddTriangleFilled({x, strip.y}, {x + 6, strip.y + 4}, {x, strip.y + 8}, frame.theme.hit);
  }
  if (!session.loaded || frame.workspace.exercises.hides("findings")) return;
  for (const auto& finding : session.loaded->report.findings)
    if (finding.t) {
      const float x = strip.x + float(whole.x_of(*finding.t));
      list.AddTriangleFilled({x - 4, strip.y}, {x + 4, strip.y}, {x, strip.y + 7}, frame.theme.error);
    }
}

void draw_window(const Frame& frame, ImDrawList& list, const Rect& strip, float x0, float x1) {
  const ImU32 shade = (frame.theme.background & ~IM_COL32_A_MASK) | (150u << IM_COL32_A_SHIFT);
  list.AddRectFilled({strip.x, strip.y}, {x0, strip.y + strip.height}, shade);
  list.AddRectFilled({x1, strip.y}, {strip.x + strip.width, strip.y + strip.height}, shade);
  list.AddRect({x0, strip.y}, {std::max(x1, x0 + 3), strip.y + strip.height}, frame.theme.selection, 0, 0, 1);
}

// Which part of the window is dragged: 0 none, 1 its beginning, 2 its end, 3 all of it.
void drag(const Frame& frame, const Rect& strip, const ViewRange& whole, float x0, float x1) {
  static int part = 0;
  ImGui::SetCursorScreenPos(strip.min());
  ImGui::InvisibleButton("overview", strip.size());
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool edge = std::abs(mouse.x - x0) <= kEdgePx || std::abs(mouse.x - x1) <= kEdgePx;
  if (ImGui::IsItemHovered() && edge && x1 - x0 > 3 * kEdgePx)
    ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
  if (ImGui::IsItemActivated()) {
    const bool wide = x1 - x0 > 3 * kEdgePx;
    part = wide && std::abs(mouse.x - x0) <= kEdgePx ? 1 : wide && std::abs(mouse.x - x1) <= kEdgePx ? 2 : 3;
  }
  if (!ImGui::IsItemActive()) return;
  const Ns t = whole.t_at(mouse.x - strip.x);
  Request request;
  const ViewRange& view = frame.session.view;
  if (part == 3) {
    request.kind = Request::Kind::CentreOn;
    request.from = t;
    if (ImGui::IsItemActivated() && mouse.x > x0 && mouse.x < x1) return;  // taken, not moved yet
    if (!ImGui::IsItemActivated() && ImGui::GetIO().MouseDelta.x == 0) return;
    if (!ImGui::IsItemActivated()) {
      request.kind = Request::Kind::Pan;
      request.amount = ImGui::GetIO().MouseDelta.x * whole.ns_per_px() / view.ns_per_px();
    }
  } else {
    request.kind = Request::Kind::ViewTo;
    request.from = part == 1 ? std::min(t, view.end() - 1) : view.start;
    request.to = part == 2 ? std::max(t, view.start + 1) : view.end();
    if (ImGui::GetIO().MouseDelta.x == 0) return;
  }
  frame.ask(request);
}

}  // namespace

void draw_overview(const Frame& frame, const Rect& labels, const Rect& strip) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const Session& session = frame.session;
  const ViewRange whole = whole_of(session, strip.width);
  list.AddRectFilled(labels.min(), strip.max(), frame.theme.panel);
  const float font = ImGui::GetFontSize();
  const bool two = frame.workspace.count() > 1;
  std::string records = trace_model::counted(session.timeline.records.size(), "record");
  const std::string span =
      trace_model::duration_text(trace_model::time_between(session.timeline.begin(), session.timeline.end()));
  const float max_x = labels.x + labels.width - 4, max_y = labels.y + labels.height;
  const std::string below = session.timeline.empty() ? std::string() : two ? records + ", " + span : span;
  if (two) records = file_title(session.loader.path());
  text_cut(list, labels.x + 8, labels.y + 4, max_x, max_y, frame.theme.text, records);
  text_cut(list, labels.x + 8, labels.y + 5 + font, max_x, max_y, frame.theme.dim, below);
  if (two) {
    ImGui::SetCursorScreenPos(labels.min());
    if (ImGui::InvisibleButton("trace", labels.size()))
      frame.ask(Request::Kind::Activate, uint32_t(frame.trace));
  }
  list.PushClipRect(strip.min(), strip.max(), true);
  Rect upper = strip;
  upper.height -= kLoopRow * frame.scale * 2 + 2;
  draw_density(frame, list, upper, whole);
  draw_loops_row(frame, list, strip, whole);
  draw_hits(frame, list, strip, whole);
  const float x0 = strip.x + float(std::max(0.0, whole.x_of(session.view.start)));
  const float x1 = strip.x + float(std::min(double(strip.width), whole.x_of(session.view.end())));
  draw_window(frame, list, strip, x0, x1);
  list.PopClipRect();
  drag(frame, strip, whole, x0, x1);
}

}  // namespace loopscope::viewer
