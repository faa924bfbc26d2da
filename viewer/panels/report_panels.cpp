// SPDX-License-Identifier: Apache-2.0
// Loops in figures, and findings, worst first: both as the report has them.
#include <fmt/format.h>

#include <algorithm>

#include "trace-model/duration_text.h"
#include "trace-model/report_words.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

using trace_model::count_text;
using trace_model::duration_text;
using trace_model::ReportLoop;

constexpr ImGuiTableFlags kTable = ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_RowBg |
                                   ImGuiTableFlags_Resizable | ImGuiTableFlags_SizingFixedFit |
                                   ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY;

void cell(const std::string& text) {
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(text.c_str());
}

void loop_row(const Frame& frame, const ReportLoop& loop, int number) {
  const auto& figures = loop.figures;
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  const std::string name = fmt::format("{} {}##{}", trace_model::terminal_text(loop.comm), loop.tid, number);
  if (ImGui::Selectable(name.c_str(), false, ImGuiSelectableFlags_SpanAllColumns)) {
    const uint32_t lane =
        frame.session.timeline.lane_of(frame.session.timeline.thread_track(loop.tid), LaneRole::Waits);
    if (lane != kNone && !frame.session.timeline.lanes[lane].lane.empty())
      frame.go_to(lane, frame.session.timeline.lanes[lane].lane.first());
  }
  cell(wait_words(loop));
  cell(count_text(figures.bursts));
  cell(fmt::format("{:.0f} %", figures.load() * 100));
  cell(fmt::format("{} / {} / {}", duration_text(figures.length.quantile(0.5)),
                   duration_text(figures.length.quantile(0.99)), duration_text(figures.length.max())));
  cell(figures.delay.count() ? fmt::format("{} / {}", duration_text(figures.delay.quantile(0.5)),
                                           duration_text(figures.delay.quantile(0.99)))
                             : "not recorded");
  cell(trace_model::cause_words(figures.causes));
}

// One bar for each doubling of the duration.
void histogram(const Frame& frame, const char* title, const trace_model::DurationHistogram& durations,
               ImU32 colour, float width) {
  ImGui::BeginGroup();
  ImGui::TextUnformatted(title);
  const std::vector<uint64_t> octaves = durations.octaves();
  size_t first = 0;
  while (first < octaves.size() && octaves[first] == 0) ++first;
  uint64_t most = 1;
  for (const uint64_t count : octaves) most = std::max(most, count);
  const float left = 66 * frame.scale, height = ImGui::GetTextLineHeight();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (size_t i = first; i < octaves.size(); ++i) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string from = duration_text(int64_t(1) << std::min<size_t>(i, 62));
    text_in(list, frame, at.x + left - 8 - ImGui::CalcTextSize(from.c_str()).x, at.y, frame.theme.dim, from);
    const std::string count = count_text(octaves[i]);
    const float room = width - left - ImGui::CalcTextSize(count.c_str()).x - 12;
    const float length = octaves[i] ? std::max(1.0F, room * float(octaves[i]) / float(most)) : 0;
    list.AddRectFilled({at.x + left, at.y + 2}, {at.x + left + length, at.y + height - 1}, colour);
    if (octaves[i]) text_in(list, frame, at.x + left + length + 6, at.y, frame.theme.text, count);
    ImGui::Dummy(ImVec2(width, height));
  }
  ImGui::EndGroup();
}

// Of the loop that is stepped through.
void loop_histograms(const Frame& frame, const std::vector<ReportLoop>& loops) {
  const uint32_t track = frame.session.loop_track();
  const ReportLoop* shown = &loops.front();
  for (const ReportLoop& loop : loops)
    if (track != kNone && frame.session.timeline.tracks[track].tid == loop.tid) shown = &loop;
  ImGui::Spacing();
  const float width = std::max(160 * frame.scale, ImGui::GetContentRegionAvail().x / 2 - 12 * frame.scale);
  const std::string ran =
      fmt::format("{} {} ran for, from", trace_model::terminal_text(shown->comm), shown->tid);
  histogram(frame, ran.c_str(), shown->figures.length, frame.theme.looks[size_t(Look::BurstConnection)],
            width);
  if (shown->figures.delay.count() == 0) return;
  ImGui::SameLine();
  histogram(frame, "could run but had no CPU for, from", shown->figures.delay,
            frame.theme.looks[size_t(Look::Runnable)], width);
}

}  // namespace

void draw_loops(const Frame& frame) {
  if (!frame.session.loaded) {
    ImGui::TextDisabled("Known when the whole trace has been read.");
    return;
  }
  const auto& loops = frame.session.loaded->report.loops;
  if (loops.empty()) {
    wrapped_text("No thread of this trace waits in a loop.");
    return;
  }
  constexpr size_t kMostRows = 8;
  const float height =
      ImGui::GetTextLineHeightWithSpacing() * float(std::min(loops.size(), kMostRows) + 1) + 20 * frame.scale;
  if (!ImGui::BeginTable("loops", 7, kTable, ImVec2(0, height))) return;
  for (const char* title :
       {"thread", "waits in", "wakeups", "busy", "runs p50 / p99 / max", "had no CPU p50 / p99", "woken by"})
    ImGui::TableSetupColumn(title);
  ImGui::TableSetupScrollFreeze(1, 1);
  ImGui::TableHeadersRow();
  ImGuiListClipper clipper;
  clipper.Begin(int(loops.size()));
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) loop_row(frame, loops[size_t(i)], i);
  ImGui::EndTable();
  loop_histograms(frame, loops);
}

void draw_findings(const Frame& frame) {
  const Session& session = frame.session;
  if (!session.loaded) {
    ImGui::TextDisabled("Known when the whole trace has been read.");
    return;
  }
  const auto& findings = session.loaded->report.findings;
  if (findings.empty()) {
    wrapped_text("Nothing was found that is wrong.");
    return;
  }
  ImGui::TextDisabled("J next, K previous");
  for (size_t i = 0; i < findings.size(); ++i) {
    const trace_model::Finding& finding = findings[i];
    const bool warning = finding.severity == "warning";
    ImGui::PushID(int(i));
    ImGui::PushStyleColor(ImGuiCol_Text, warning ? frame.theme.error : frame.theme.text);
    const std::string title = fmt::format("{}  {}", warning ? "!" : "·", finding.kind);
    const bool chosen = ImGui::Selectable(title.c_str(), session.finding == int(i));
    ImGui::PopStyleColor();
    ImGui::Indent();
    wrapped_text(trace_model::terminal_text(finding.text));
    ImGui::Unindent();
    ImGui::PopID();
    if (!chosen) continue;
    for (const RecordId id : finding.evidence)
      if (const auto row = session.timeline.records.row_of(id)) {
        frame.go_to_row(*row);
        break;
      }
  }
}

}  // namespace loopscope::viewer
