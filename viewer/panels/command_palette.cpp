// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/command_palette.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "trace-model/terminal_text.h"
#include "viewer/panels/imgui_compat.h"

namespace loopscope::viewer {
namespace {

constexpr float kWidth = 560, kTop = 60;
constexpr size_t kMostTraces = 50, kMostFolderEntries = 5000;
constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_AlwaysAutoResize;

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return made;
}

void place(float scale) {
  const ImVec2 all = ImGui::GetIO().DisplaySize;
  const float width = std::max(200.0F, std::min(kWidth * scale, all.x - 20));
  ImGui::SetNextWindowPos(ImVec2((all.x - width) / 2, kTop * scale));
  ImGui::SetNextWindowSize(ImVec2(width, 0));
}

}  // namespace

bool has_words(std::string_view text, std::string_view typed) {
  const std::string in = lower(text), words = lower(typed);
  for (size_t at = 0; at < words.size();) {
    const size_t end = std::min(words.find(' ', at), words.size());
    if (in.find(std::string_view(words).substr(at, end - at)) == in.npos) return false;
    at = end + 1;
  }
  return true;
}

void CommandPalette::draw(const Frame& frame, const Rect& window) {
  if (!frame.workspace.palette_open) {
    was_open_ = false;
    return;
  }
  place(frame.scale);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  if (ImGui::Begin("commands", nullptr, kFlags | ImGuiWindowFlags_NoTitleBar)) {
    if (!was_open_) {
      text_[0] = 0;
      ImGui::SetWindowFocus();
      compat::focus_next();
    }
    ImGui::SetNextItemWidth(-1);
    const bool entered = ImGui::InputTextWithHint("##command", "what shall be done?", text_, sizeof text_,
                                                  ImGuiInputTextFlags_EnterReturnsTrue);
    if (ImGui::IsItemEdited() || !was_open_) chosen_ = 0;
    was_open_ = true;
    int found = 0;
    std::optional<Action> done;
    if (compat::key_pressed(kKeyDown, true)) ++chosen_;
    if (compat::key_pressed(kKeyUp, true)) --chosen_;
    const int count =
        int(std::ranges::count_if(commands(), [&](const Command& c) { return has_words(c.does, text_); }));
    chosen_ = std::clamp(chosen_, 0, std::max(0, count - 1));
    const float height =
        std::min(float(std::max(count, 1)) * ImGui::GetTextLineHeightWithSpacing(), window.height * 0.6F);
    if (ImGui::BeginChild("list", ImVec2(0, height), false)) {
      for (const Command& command : commands()) {
        if (!has_words(command.does, text_)) continue;
        const std::string does(command.does), keys(command.keys);
        ImGui::PushID(int(command.action));
        if (ImGui::Selectable(does.c_str(), found == chosen_)) done = command.action;
        if (found == chosen_ && entered) done = command.action;
        if (found == chosen_ && !ImGui::IsItemVisible()) ImGui::SetScrollHereY();
        ImGui::SameLine(ImGui::GetWindowWidth() - ImGui::CalcTextSize(keys.c_str()).x - 20);
        ImGui::TextDisabled("%s", keys.c_str());
        ImGui::PopID();
        ++found;
      }
      if (found == 0) ImGui::TextDisabled("nothing has such a name");
    }
    ImGui::EndChild();
    if (done) {
      frame.perform(Action::Palette);  // away
      frame.perform(*done);
    }
  }
  ImGui::End();
  ImGui::PopStyleVar();
}

void OpenDialog::read_folder() {
  traces_.clear();
  std::error_code error;
  size_t looked = 0;
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> found;
  for (auto each = std::filesystem::directory_iterator(".", error);
       !error && each != std::filesystem::directory_iterator() && ++looked < kMostFolderEntries;
       each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (!name.ends_with(".loopscope.jsonl") && !name.ends_with(".loopscope.jsonl.zst")) continue;
    std::error_code unknown;
    found.emplace_back(each->last_write_time(unknown), name);
  }
  std::ranges::sort(found, std::ranges::greater());
  for (auto& [time, name] : found)
    if (traces_.size() < kMostTraces) traces_.push_back(std::move(name));
}

void OpenDialog::draw(Workspace& workspace, float scale) {
  bool& open = workspace.open_dialog;
  if (!open) {
    was_open_ = false;
    return;
  }
  if (!was_open_) read_folder();
  place(scale);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  if (ImGui::Begin("Open a trace", &open, kFlags)) {
    if (!was_open_) {
      ImGui::SetWindowFocus();
      compat::focus_next();
    }
    was_open_ = true;
    const bool beside = ImGui::GetIO().KeyShift && !workspace.empty();
    std::string chosen;
    const auto choose = [&](const std::string& path) {
      chosen = path;
      open = false;
    };
    ImGui::SetNextItemWidth(-1);
    if (ImGui::InputTextWithHint("##path", "a file; with Shift it is opened beside the one that is open",
                                 path_, sizeof path_, ImGuiInputTextFlags_EnterReturnsTrue) &&
        path_[0])
      choose(path_);
    if (ImGui::BeginChild("files", ImVec2(0, 280 * scale), false)) {
      const auto list = [&](const char* title, const std::vector<std::string>& paths) {
        if (paths.empty()) return;
        ImGui::TextDisabled("%s", title);
        ImGui::PushID(title);
        for (size_t i = 0; i < paths.size(); ++i) {
          ImGui::PushID(int(i));
          if (ImGui::Selectable(trace_model::terminal_text(paths[i]).c_str())) choose(paths[i]);
          ImGui::PopID();
        }
        ImGui::PopID();
      };
      list("in this folder, the newest first", traces_);
      list("opened before", workspace.settings.recent);
      if (traces_.empty() && workspace.settings.recent.empty())
        ImGui::TextDisabled("There is no trace in this folder, and none was opened before.");
    }
    ImGui::EndChild();
    if (!chosen.empty()) workspace.open(chosen, beside);
  }
  ImGui::End();
  ImGui::PopStyleVar();
}

}  // namespace loopscope::viewer
