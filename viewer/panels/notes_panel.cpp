// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstring>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/imgui_compat.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {

using trace_model::duration_text;
using trace_model::terminal_text;
using trace_model::time_between;
using trace_model::time_text;

void NotesPanel::draw(const Frame& frame) {
  const Session& session = frame.session;
  const Notes& notes = session.notes;
  const std::string where = notes.path().empty()
                                ? "M marks a place. Standard input has no place to keep them."
                                : "M marks a place. Kept in " + terminal_text(notes.path());
  ImGui::TextDisabled("%s", where.c_str());
  if (!notes.trouble().empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, frame.theme.error);
    wrapped_text(terminal_text(notes.trouble()));
    ImGui::PopStyleColor();
  }
  for (size_t i = 0; i < notes.all().size(); ++i) {
    const Note& note = notes.all()[i];
    const bool current = session.note == int(i);
    ImGui::PushID(int(i));
    std::string when = time_text(note.t);
    if (note.until > note.t) when += ", " + duration_text(time_between(note.t, note.until));
    if (note.record) when += fmt::format(", record {}", note.record);
    if (ImGui::Selectable(when.c_str(), current, 0,
                          ImVec2(ImGui::GetContentRegionAvail().x - 70 * frame.scale, 0)))
      frame.ask(Request::Kind::GoToNote, uint32_t(i));
    ImGui::SameLine();
    if (ImGui::SmallButton("remove")) frame.ask(Request::Kind::RemoveNote, uint32_t(i));
    if (current) {
      char text[2000];
      const std::string known = edited_ == int(i) ? text_ : note.text;
      std::strncpy(text, known.c_str(), sizeof text - 1);
      text[sizeof text - 1] = 0;
      if (edited_ != int(i)) compat::focus_next();
      edited_ = int(i);
      ImGui::SetNextItemWidth(-1);
      const bool entered = ImGui::InputTextWithHint("##text", "what is here?", text, sizeof text,
                                                    ImGuiInputTextFlags_EnterReturnsTrue);
      text_ = text;
      if (entered || ImGui::IsItemDeactivatedAfterEdit())
        frame.ask(Request::Kind::EditNote, uint32_t(i), text_);
    } else if (!note.text.empty()) {
      ImGui::Indent();
      wrapped_text(terminal_text(note.text));
      ImGui::Unindent();
    }
    ImGui::PopID();
  }
  if (session.note < 0) edited_ = -1;
}

}  // namespace loopscope::viewer
