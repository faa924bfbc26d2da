// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "viewer/panels/frame.h"

namespace loopscope::viewer {
namespace {

constexpr float kColumn = 450;

void row(std::string_view left, std::string_view right) {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(left.data(), left.data() + left.size());
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(right.data(), right.data() + right.size());
}

void heading(const Frame& frame, std::string_view text) {
  ImGui::PushStyleColor(ImGuiCol_Text, frame.theme.warning);
  row(text, "");
  ImGui::PopStyleColor();
}

void legend(const Frame& frame) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float size = ImGui::GetFontSize();
  for (const Look look : {Look::BurstConnection, Look::BurstData, Look::BurstNotify, Look::BurstTimer,
                          Look::BurstCompletion, Look::BurstOther, Look::Runnable, Look::Blocked}) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImU32 colour = frame.theme.looks[size_t(look)];
    list.AddRectFilled(at, ImVec2(at.x + 2 * size, at.y + size), colour);
    const std::string_view letter = look_letter(look);
    text_in(list, frame, at.x + 4, at.y - 1, text_on(colour), letter);
    ImGui::Dummy(ImVec2(2 * size, size));
    ImGui::SameLine();
    const std::string_view word = look_word(look);
    ImGui::TextUnformatted(word.data(), word.data() + word.size());
  }
  ImGui::TextUnformatted("B bind   L listen   ▲ registered   ~ changed   ▼ removed   ◆ accepted   X closed");
}

}  // namespace

void draw_help(const Frame& frame, const Rect& window) {
  ImGui::SetNextWindowPos(ImVec2(window.x + window.width / 2, window.y + window.height / 2), ImGuiCond_Always,
                          ImVec2(0.5F, 0.5F));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(18, 14));
  bool open = true;
  if (ImGui::Begin("Keys and mouse", &open,
                   ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_AlwaysAutoResize |
                       ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings)) {
    ImGui::BeginGroup();
    if (ImGui::BeginTable("keys", 2, ImGuiTableFlags_SizingFixedFit, ImVec2(kColumn * frame.scale, 0))) {
      std::string_view group;
      for (const KeyBinding& binding : key_bindings()) {
        if (binding.group != group) heading(frame, group = binding.group);
        if (!binding.keys.empty()) row(binding.keys, binding.does);
      }
      ImGui::EndTable();
    }
    ImGui::EndGroup();
    ImGui::SameLine();
    ImGui::BeginGroup();
    if (ImGui::BeginTable("mouse", 2, ImGuiTableFlags_SizingFixedFit, ImVec2(kColumn * frame.scale, 0))) {
      heading(frame, "Mouse");
      for (const MouseHelp& help : mouse_help()) row(help.gesture, help.does);
      ImGui::EndTable();
    }
    ImGui::Spacing();
    legend(frame);
    ImGui::EndGroup();
  }
  ImGui::End();
  ImGui::PopStyleVar(2);
  if (!open) frame.perform(Action::Help);
}

}  // namespace loopscope::viewer
