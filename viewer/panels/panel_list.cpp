// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

namespace loopscope::viewer {

PanelList::PanelList() {
  const auto number = [](size_t count) { return count ? fmt::format(" {}", count) : std::string(); };
  add({"listeners", "Listeners", draw_listeners});
  add({"watched", "Watched", draw_watched});
  add({"loops", "Loops", draw_loops});
  add({"findings", "Findings", draw_findings, [number](const Frame& frame) {
         return number(frame.session.loaded ? frame.session.loaded->report.findings.size() : 0);
       }});
  add({"events", "Events",
       [table = std::make_shared<EventTable>()](const Frame& frame) { table->draw(frame); }});
  add({"range", "Range", draw_range});
  add({"notes", "Notes", [panel = std::make_shared<NotesPanel>()](const Frame& frame) { panel->draw(frame); },
       [number](const Frame& frame) { return number(frame.session.notes.all().size()); }});
  add({"record", "Record", draw_record});
  add({"compare", "Compare", draw_compare, {}, [](const Frame& frame) {
         return frame.workspace.count() == 2;
       }});
  add({"lab", "Exercises",
       [panel = std::make_shared<LabPanel>()](const Frame& frame) { panel->draw(frame); }});
}

bool PanelList::show(std::string_view name) {
  const auto found = std::ranges::find(entries_, name, &PanelEntry::name);
  if (found != entries_.end()) wanted_ = size_t(found - entries_.begin());
  return found != entries_.end();
}

void PanelList::draw(const Frame& frame) {
  if (!ImGui::BeginTabBar("panels", ImGuiTabBarFlags_FittingPolicyScroll)) return;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const PanelEntry& entry = entries_[i];
    if (entry.there && !entry.there(frame)) continue;
    const std::string title =
        fmt::format("{}{}###{}", entry.title, entry.count ? entry.count(frame) : "", entry.name);
    if (!ImGui::BeginTabItem(title.c_str(), nullptr, wanted_ == i ? ImGuiTabItemFlags_SetSelected : 0))
      continue;
    const bool hidden = frame.workspace.exercises.hides(entry.name);
    if (ImGui::BeginChild(title.c_str(), ImVec2(0, 0), false)) {
      if (hidden)
        wrapped_text(frame.rare(std::string(frame.workspace.exercises.refusal())));
      else
        entry.draw(frame);
    }
    ImGui::EndChild();
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
  wanted_.reset();
}

}  // namespace loopscope::viewer
