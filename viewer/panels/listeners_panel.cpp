// SPDX-License-Identifier: Apache-2.0
// Which fd is the listening socket, how it is registered, and the ways there.
#include <fmt/format.h>

#include "trace-model/report_words.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

// The first mark of that sort, behind t.
uint32_t find_mark(const Lane& marks, Look look, Ns after) {
  for (uint32_t i = after == INT64_MIN ? marks.first() : marks.first_from(after); i < marks.size(); ++i)
    if (marks.look(i) == look && marks.start(i) > after) return i;
  return kNone;
}

// Selects the record that made the mark where it is drawn on a thread, else the mark.
void go_button(const Frame& frame, const char* text, uint32_t lane, uint32_t index, const char* why_not) {
  ImGui::BeginDisabled(index == kNone);
  if (ImGui::SmallButton(text)) frame.go_to(lane, index);
  ImGui::EndDisabled();
  if (index == kNone && ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
    ImGui::SetTooltip("%s", why_not);
  ImGui::SameLine();
}

void buttons(const Frame& frame, uint32_t track) {
  const Timeline& timeline = frame.session.timeline;
  const uint32_t lane = timeline.lane_of(track, LaneRole::Marks);
  if (lane == kNone) return;
  const Lane& marks = timeline.lanes[lane].lane;
  const Selection& selection = frame.session.selection();
  const Ns now = selection.drawn() ? frame.session.span_of(selection).first : INT64_MIN;
  const Look next =
      find_mark(marks, Look::MarkWakeup, INT64_MIN) != kNone ? Look::MarkWakeup : Look::MarkAccept;
  uint32_t wakeup = find_mark(marks, next, now);
  if (wakeup == kNone) wakeup = find_mark(marks, next, INT64_MIN);
  ImGui::PushID(int(track));
  go_button(frame, "show bind", lane, find_mark(marks, Look::MarkBind, INT64_MIN),
            "It was bound before the recording began");
  go_button(frame, "show listen", lane, find_mark(marks, Look::MarkListen, INT64_MIN),
            "It listened before the recording began");
  go_button(frame, "show registration", lane, find_mark(marks, Look::MarkAdd, INT64_MIN),
            "No registration was seen");
  go_button(frame, next == Look::MarkWakeup ? "next wakeup" : "next accept", lane, wakeup,
            "It woke nobody in this trace");
  ImGui::NewLine();
  ImGui::PopID();
}

}  // namespace

void draw_listeners(const Frame& frame) {
  const Session& session = frame.session;
  if (!session.loaded) {
    ImGui::TextDisabled("Known when the whole trace has been read.");
    return;
  }
  const trace_model::Report& report = session.loaded->report;
  if (report.listeners.empty()) wrapped_text("No listening socket was seen in this trace.");
  for (const trace_model::ReportListener& listener : report.listeners) {
    bool first = true;
    for (const std::string& words : listener_words(listener, report)) {
      if (!first) ImGui::Indent();
      wrapped_text(trace_model::terminal_text(words));
      if (!first) ImGui::Unindent();
      first = false;
    }
    const uint32_t track = session.timeline.listener_track(listener.file, listener.pid);
    if (track != kNone) buttons(frame, track);
    ImGui::Spacing();
    ImGui::Separator();
  }
}

}  // namespace loopscope::viewer
