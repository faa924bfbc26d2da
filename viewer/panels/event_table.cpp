// SPDX-License-Identifier: Apache-2.0
// All records, or the hits of the search, as lines. Only those in view are made.
#include <algorithm>

#include "trace-model/duration_text.h"
#include "viewer/logic/row_order.h"
#include "viewer/panels/panel_list.h"

namespace loopscope::viewer {

// Of a trace that grows the order is made again when it has grown by an eighth.
void EventTable::choose_order(const Frame& frame, bool only) {
  const Session& session = frame.session;
  ImGui::SetNextItemWidth(130 * frame.scale);
  ImGui::Combo("##order", &order_, kRowOrders.data(), int(kRowOrders.size()));
  const auto order = RowOrder(order_);
  if (order == RowOrder::Recorded) {
    rows_.clear();
    made_ = {};
    return;
  }
  Made now{order_,
           frame.trace,
           session.timeline.records.size(),
           only ? session.search.hits().size() : 0,
           session.timeline.records.first(),
           only};
  if (now.trace == made_.trace && now.order == made_.order && now.only == only && now.count >= made_.count &&
      now.count - made_.count < made_.count / 8 && now.hits == made_.hits)
    return;
  rows_ = rows_in_order(session.timeline, only ? &session.search.hits() : nullptr, order);
  made_ = now;
}

void EventTable::draw(const Frame& frame) {
  const Session& session = frame.session;
  const auto& hits = session.search.hits();
  const bool searched = !session.search.query().empty();
  ImGui::BeginDisabled(!searched);
  ImGui::Checkbox("only what the search finds", &hits_only_);
  ImGui::EndDisabled();
  const bool only = hits_only_ && searched;
  const uint32_t first = session.timeline.records.first();
  ImGui::SameLine();
  choose_order(frame, only);
  const bool ordered = RowOrder(order_) != RowOrder::Recorded;
  const uint32_t all = only ? uint32_t(hits.size()) : session.timeline.records.size() - first;
  const uint32_t count = ordered ? uint32_t(rows_.size()) : all;
  ImGui::SameLine();
  ImGui::TextDisabled("%s%s", count < all ? "first " : "", trace_model::counted(count, "record").c_str());
  ImGui::SameLine();
  if (ImGui::SmallButton(searched ? "save the hits as CSV" : "save as CSV"))
    frame.ask(Request::Kind::SaveTable);
  ImGui::PushFont(frame.mono);
  if (ImGui::BeginChild("lines", ImVec2(0, 0), false, ImGuiWindowFlags_HorizontalScrollbar)) {
    const uint32_t selected = session.selection().row;
    const float height = ImGui::GetTextLineHeightWithSpacing();
    if (selected != shown_row_ && selected != kNone) {
      const auto place = [&](const std::vector<uint32_t>& rows, auto found) {
        return uint32_t(found - rows.begin());
      };
      const uint32_t at = ordered ? place(rows_, std::ranges::find(rows_, selected)) % std::max(count, 1U)
                          : only  ? place(hits, std::ranges::lower_bound(hits, selected))
                                  : selected - first;
      ImGui::SetScrollY(std::max(0.0F, float(at) * height - ImGui::GetWindowHeight() / 2));
    }
    shown_row_ = selected;
    ImGuiListClipper clipper;
    clipper.Begin(int(std::min<uint32_t>(count, INT32_MAX / 64)), height);
    while (clipper.Step())
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        const uint32_t row = ordered ? rows_[size_t(i)] : only ? hits[size_t(i)] : uint32_t(i) + first;
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
