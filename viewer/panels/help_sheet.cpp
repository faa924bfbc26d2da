// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "viewer/panels/frame.h"

namespace loopscope::viewer {
namespace {

constexpr float kThreeColumns = 1140;

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
  ImGui::TextUnformatted("B bind   L listen   ▲ registered   ~ changed");
  ImGui::TextUnformatted("▼ removed   ◆ accepted   X closed   pink: a hit, a note");
}

// The groups of keys that stand in one column.
void keys_of(const Frame& frame, const char* id, std::initializer_list<std::string_view> groups) {
  ImGui::BeginGroup();
  if (ImGui::BeginTable(id, 2, ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_NoHostExtendX)) {
    for (const std::string_view group : groups) {
      heading(frame, group);
      for (const KeyBinding& binding : key_bindings())
        if (binding.group == group && !binding.keys.empty()) row(binding.keys, binding.does);
    }
    ImGui::EndTable();
  }
  ImGui::EndGroup();
}

void mouse(const Frame& frame) {
  ImGui::BeginGroup();
  if (ImGui::BeginTable("mouse", 2, ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_NoHostExtendX)) {
    heading(frame, "Mouse");
    for (const MouseHelp& help : mouse_help()) row(help.gesture, help.does);
    ImGui::EndTable();
  }
  ImGui::EndGroup();
}

}  // namespace

void draw_help(const Frame& frame, const Rect& window) {
  ImGui::SetNextWindowPos(ImVec2(window.x + window.width / 2, window.y + window.height / 2), ImGuiCond_Always,
                          ImVec2(0.5F, 0.5F));
  ImGui::SetNextWindowSizeConstraints(
      ImVec2(50, 50), ImVec2(std::max(60.0F, window.width - 8), std::max(60.0F, window.height - 8)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(16 * frame.scale, 12 * frame.scale));
  bool open = true;
  if (ImGui::Begin("Keys and mouse", &open,
                   ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_AlwaysAutoResize |
                       ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings |
                       ImGuiWindowFlags_HorizontalScrollbar)) {
    const float gap = 22 * frame.scale;
    const bool wide = window.width >= kThreeColumns * frame.scale;
    ImGui::BeginGroup();
    keys_of(frame, "keys 1", {"Move", "Step"});
    if (!wide) legend(frame);
    ImGui::EndGroup();
    ImGui::SameLine(0, gap);
    ImGui::BeginGroup();
    keys_of(frame, "keys 2", {"Find", "Keep", "Window"});
    if (wide) ImGui::EndGroup(), ImGui::SameLine(0, gap), ImGui::BeginGroup();
    mouse(frame);
    if (wide) ImGui::Spacing(), legend(frame);
    ImGui::EndGroup();
  }
  ImGui::End();
  ImGui::PopStyleVar(2);
  if (!open) frame.perform(Action::Help);
}

}  // namespace loopscope::viewer
