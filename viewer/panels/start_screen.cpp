// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/start_screen.h"
#include "viewer/panels/wrapped_text.h"

#include <fmt/format.h>

#include "trace-model/terminal_text.h"

namespace loopscope::viewer {
namespace {

constexpr float kWidth = 640;

void servers(Workspace& workspace) {
  ImGui::TextUnformatted("Record a server that runs here");
  ImGui::TextDisabled("Only the recorder runs as root.");
  const auto ask = [&](Request::Kind kind, uint32_t pid) {
    Request request;
    request.kind = kind;
    request.a = pid;
    workspace.handle(request, 0);
  };
  ImGui::BeginDisabled(workspace.recording());
  for (const RunningServer& each : workspace.servers.answer().servers) {
    std::string text = fmt::format("{} {}", each.name, each.pid);
    for (const std::string& address : each.addresses) text += "  " + address;
    if (ImGui::Button(text.c_str())) ask(Request::Kind::Record, uint32_t(each.pid));
  }
  if (ImGui::Button("record the demo servers side by side")) ask(Request::Kind::RecordDemo, 0);
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (workspace.recording() && ImGui::Button("stop")) ask(Request::Kind::StopRecording, 0);
  if (!workspace.recording() && ImGui::Button("look again")) ask(Request::Kind::RefreshServers, 0);
  if (workspace.servers.answer().unreadable) {
    ImGui::TextDisabled("%zu processes of other users could not be looked into",
                        workspace.servers.answer().unreadable);
    ImGui::SameLine();
    if (ImGui::SmallButton("look as root")) ask(Request::Kind::RefreshServers, 1);
  }
  if (!workspace.servers.answer().trouble.empty()) wrapped_text(workspace.servers.answer().trouble);
}

}  // namespace

void draw_start_screen(Workspace& workspace, float scale) {
  const ImVec2 all = ImGui::GetIO().DisplaySize;
  const float width = std::min(kWidth * scale, all.x - 20);
  if (!workspace.servers.asked()) workspace.servers.refresh();
  ImGui::SetCursorScreenPos(ImVec2((all.x - width) / 2, all.y * 0.12F));
  if (ImGui::BeginChild("start", ImVec2(width, all.y * 0.8F), false)) {
    ImGui::TextUnformatted("loopscope: no trace is open");
    ImGui::TextDisabled("Drop one here, or open one: Ctrl+O.");
    ImGui::Spacing();
    if (ImGui::Button("open a trace")) workspace.open_dialog = true;
    ImGui::Spacing();
    ImGui::Separator();
    ImGui::Spacing();
    servers(workspace);
    ImGui::Spacing();
    ImGui::Separator();
    ImGui::Spacing();
    if (!workspace.settings.recent.empty()) ImGui::TextUnformatted("Opened before");
    const std::vector<std::string> recent = workspace.settings.recent;
    for (size_t i = 0; i < recent.size(); ++i) {
      ImGui::PushID(int(i));
      if (ImGui::Selectable(trace_model::terminal_text(recent[i]).c_str())) workspace.open(recent[i], false);
      ImGui::PopID();
    }
  }
  ImGui::EndChild();
}

}  // namespace loopscope::viewer
