// SPDX-License-Identifier: Apache-2.0
// What a panel is given to draw a frame, and where it leaves what its user asked for. Panels do not see each
// other.
#pragma once

#include <imgui.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "viewer/logic/workspace.h"
#include "viewer/panels/theme.h"

namespace loopscope::viewer {

// What was asked for, and in which trace.
using Requests = std::vector<std::pair<Request, size_t>>;

struct Frame {
  const Workspace& workspace;
  const Session& session;  // the trace that is drawn, or the active one
  size_t trace = 0;        // its number
  RecordText& texts;       // a cache: making a text changes nothing else
  const Theme& theme;
  ImFont* mono = nullptr;
  float scale = 1;
  Requests& requests;
  std::set<std::string>& rare_texts;

  // A text that may have characters beyond those that fonts are always loaded with. Returns it.
  [[nodiscard]] std::string rare(std::string text) const;
  // As what something is drawn: marks of a listening socket are plain while an exercise asks for it.
  [[nodiscard]] Look look_of(uint32_t lane, uint32_t index) const {
    const Timeline& timeline = session.timeline;
    const bool secret = timeline.tracks[timeline.lanes[lane].track].kind == TrackKind::Listener &&
                        workspace.exercises.hides("listeners");
    const Look look = timeline.lanes[lane].lane.look(index);
    return secret && timeline.lanes[lane].role == LaneRole::Marks ? Look::MarkRecord : look;
  }
  void ask(const Request& request) const { requests.emplace_back(request, trace); }
  void ask(Request::Kind kind, uint32_t a = kNone, std::string text = {}) const {
    Request request;
    request.kind = kind;
    request.a = a;
    request.text = std::move(text);
    ask(request);
  }
  void ask(Request::Kind kind, Ns from, Ns to) const {
    Request request;
    request.kind = kind;
    request.from = from;
    request.to = to;
    ask(request);
  }
  void perform(Action action) const {
    Request request;
    request.kind = Request::Kind::Perform;
    request.action = action;
    ask(request);
  }
  void go_to_row(uint32_t row) const { ask(Request::Kind::GoToRow, row); }
  void go_to(uint32_t lane, uint32_t index) const {
    Request request;
    request.kind = Request::Kind::GoTo;
    request.lane = lane;
    request.a = index;
    ask(request);
  }
};

struct Rect {
  float x = 0, y = 0, width = 0, height = 0;
  [[nodiscard]] ImVec2 min() const { return {x, y}; }
  [[nodiscard]] ImVec2 max() const { return {x + width, y + height}; }
  [[nodiscard]] ImVec2 size() const { return {width, height}; }
  [[nodiscard]] bool has(ImVec2 p) const {
    return p.x >= x && p.x < x + width && p.y >= y && p.y < y + height;
  }
};

void text_in(ImDrawList& list, const Frame& frame, float x, float y, ImU32 colour, std::string_view text);
// Ends with … where it would go beyond max_x.
void text_cut(ImDrawList& list, float x, float y, float max_x, float max_y, ImU32 colour,
              std::string_view text);

// The panels, in the order in which they stand on the screen.
void draw_overview(const Frame& frame, const Rect& labels, const Rect& strip);
void draw_axis(const Frame& frame, const Rect& axis);
void draw_timeline(const Frame& frame, const Rect& labels, const Rect& lanes);
void draw_details(const Frame& frame);
void draw_help(const Frame& frame, const Rect& window);

}  // namespace loopscope::viewer
