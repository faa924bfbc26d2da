// SPDX-License-Identifier: Apache-2.0
// Loops in figures, and findings, worst first: both as the report has them.
#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/report_words.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/frame.h"

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
    if (lane != kNone && frame.session.timeline.lanes[lane].lane.size() > 0) frame.go_to(lane, 0);
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

}  // namespace

void draw_loops(const Frame& frame) {
  if (!frame.session.loaded) {
    ImGui::TextDisabled("Known when the whole trace has been read.");
    return;
  }
  const auto& loops = frame.session.loaded->report.loops;
  if (loops.empty()) {
    ImGui::TextWrapped("No thread of this trace waits in a loop.");
    return;
  }
  if (!ImGui::BeginTable("loops", 7, kTable)) return;
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
}

void draw_findings(const Frame& frame) {
  const Session& session = frame.session;
  if (!session.loaded) {
    ImGui::TextDisabled("Known when the whole trace has been read.");
    return;
  }
  const auto& findings = session.loaded->report.findings;
  if (findings.empty()) {
    ImGui::TextWrapped("Nothing was found that is wrong.");
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
    ImGui::TextWrapped("%s", trace_model::terminal_text(finding.text).c_str());
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
