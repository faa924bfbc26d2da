// SPDX-License-Identifier: Apache-2.0
// What happened in the range, or in all of the trace where there is none.
#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

using trace_model::count_text;
using trace_model::counted;
using trace_model::duration_text;
using trace_model::time_between;
using trace_model::time_text;

constexpr ImGuiTableFlags kTable =
    ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingFixedFit;

void cell(const std::string& text) {
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(text.c_str());
}

void headers(std::initializer_list<const char*> titles) {
  for (const char* title : titles) ImGui::TableSetupColumn(title);
  ImGui::TableHeadersRow();
}

double share(Ns part, Ns whole) {
  return whole > 0 ? double(part) / double(whole) * 100 : 0;
}

void loops(const Frame& frame, const RangeFigures& figures) {
  if (figures.loops.empty() || !ImGui::BeginTable("loops", 6, kTable)) return;
  headers({"loop", "wakeups", "busy", "asleep", "had no CPU", "woken by"});
  const Ns whole = time_between(figures.from, figures.until);
  constexpr size_t kMostLoops = 50;
  for (size_t i = 0; i < figures.loops.size() && i < kMostLoops; ++i) {
    const LoopFigures& loop = figures.loops[i];
    ImGui::TableNextRow();
    cell(frame.session.timeline.tracks[loop.track].name);
    cell(count_text(loop.wakeups));
    cell(fmt::format("{:.1f} %", share(loop.busy, whole)));
    cell(fmt::format("{:.1f} %", share(loop.asleep, whole)));
    cell(duration_text(loop.ready));
    std::string causes;
    for (const auto& [look, count] : loop.causes)
      causes += fmt::format("{}{} ×{}", causes.empty() ? "" : ", ",
                            look_letter(look).empty() ? "?" : look_letter(look), count_text(count));
    cell(causes);
  }
  ImGui::EndTable();
}

void calls(const Frame& frame, const RangeFigures& figures) {
  if (figures.by_call.empty() || !ImGui::BeginTable("calls", 7, kTable)) return;
  headers({"call", "count", "failed", "in all", "median", "p99", "longest"});
  for (size_t i = 0; i < figures.by_call.size(); ++i) {
    const CallFigures& call = figures.by_call[i];
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::PushID(int(i));
    const std::string name(what_name(call.what));
    if (ImGui::Selectable(name.c_str(), false, ImGuiSelectableFlags_SpanAllColumns) && call.lane != kNone)
      frame.go_to(call.lane, call.longest_at);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("show the longest");
    ImGui::PopID();
    cell(count_text(call.count));
    cell(call.failed ? count_text(call.failed) : "");
    for (const Ns each : {call.total, call.median, call.p99, call.longest}) cell(duration_text(each));
  }
  ImGui::EndTable();
}

}  // namespace

void draw_range(const Frame& frame) {
  const Session& session = frame.session;
  if (session.timeline.empty()) return;
  const auto& range = session.range();
  // Counting all there is for each step of a drag would be felt.
  if (range && ImGui::IsMouseDown(0) && ImGui::IsMouseDragging(0)) {
    const std::string length = "Δt " + duration_text(time_between(range->first, range->second));
    return ImGui::TextUnformatted(length.c_str());
  }
  const RangeFigures& figures = session.range_figures();
  if (!range) {
    ImGui::TextDisabled("Drag over the lanes for a part of it. This is all of the trace:");
  } else {
    if (ImGui::SmallButton("zoom to it")) frame.ask(Request::Kind::ShowRange, figures.from, figures.until);
    ImGui::SameLine();
    if (ImGui::SmallButton("note")) frame.ask(Request::Kind::AddNote, figures.from, figures.until);
    ImGui::SameLine();
    if (ImGui::SmallButton("save as a trace")) frame.ask(Request::Kind::SaveRange);
    ImGui::SameLine();
    if (ImGui::SmallButton("clear")) frame.ask(Request::Kind::SetRange, Ns(0), Ns(0));
  }
  const std::string span =
      fmt::format("Δt {}   from {} to {}", duration_text(time_between(figures.from, figures.until)),
                  time_text(figures.from), time_text(figures.until));
  ImGui::TextUnformatted(span.c_str());
  std::string sums =
      fmt::format("{}, {}, {}", counted(figures.calls, "call"), counted(figures.wakeups, "wakeup"),
                  counted(figures.accepted, "connection") + " accepted");
  if (figures.completions) sums += ", " + counted(figures.completions, "completion");
  if (figures.lost) sums += fmt::format(", {} lost while recording", count_text(figures.lost));
  if (figures.partial) sums += " (too many to count them all: at least)";
  wrapped_text(sums);
  ImGui::Spacing();
  loops(frame, figures);
  ImGui::Spacing();
  calls(frame, figures);
}

}  // namespace loopscope::viewer
