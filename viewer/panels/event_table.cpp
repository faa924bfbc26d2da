// SPDX-License-Identifier: Apache-2.0
// All records, or the hits of the search, as lines. Only those in view are made.
#include <algorithm>

#include "trace-model/duration_text.h"
#include "viewer/panels/panel_list.h"

namespace loopscope::viewer {

void EventTable::draw(const Frame& frame) {
  const Session& session = frame.session;
  const auto& hits = session.search.hits();
  const bool searched = !session.search.query().empty();
  ImGui::BeginDisabled(!searched);
  ImGui::Checkbox("only what the search finds", &hits_only_);
  ImGui::EndDisabled();
  const bool only = hits_only_ && searched;
  const uint32_t first = session.timeline.records.first();
  const uint32_t count = only ? uint32_t(hits.size()) : session.timeline.records.size() - first;
  ImGui::SameLine();
  ImGui::TextDisabled("%s", trace_model::counted(count, "record").c_str());
  ImGui::SameLine();
  if (ImGui::SmallButton(searched ? "save the hits as CSV" : "save as CSV"))
    frame.ask(Request::Kind::SaveTable);
  ImGui::PushFont(frame.mono);
  if (ImGui::BeginChild("lines", ImVec2(0, 0), false, ImGuiWindowFlags_HorizontalScrollbar)) {
    const uint32_t selected = session.selection().row;
    const float height = ImGui::GetTextLineHeightWithSpacing();
    if (selected != shown_row_ && selected != kNone) {
      const uint32_t at =
          only ? uint32_t(std::ranges::lower_bound(hits, selected) - hits.begin()) : selected - first;
      ImGui::SetScrollY(std::max(0.0F, float(at) * height - ImGui::GetWindowHeight() / 2));
    }
    shown_row_ = selected;
    ImGuiListClipper clipper;
    clipper.Begin(int(std::min<uint32_t>(count, INT32_MAX / 64)), height);
    while (clipper.Step())
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        const uint32_t row = only ? hits[size_t(i)] : uint32_t(i) + first;
        ImGui::PushID(i);
        if (ImGui::Selectable("##row", row == selected, ImGuiSelectableFlags_AllowItemOverlap)) {
          shown_row_ = row;  // where it is
          frame.go_to_row(row);
        }
        ImGui::SameLine(0, 0);
        ImGui::TextUnformatted(frame.texts.line(row).c_str());
        ImGui::PopID();
      }
  }
  ImGui::EndChild();
  ImGui::PopFont();
}

}  // namespace loopscope::viewer
