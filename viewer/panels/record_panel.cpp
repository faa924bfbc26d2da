// SPDX-License-Identifier: Apache-2.0
// Servers that run here, to be recorded by a click.
#include <fmt/format.h>

#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

constexpr ImGuiTableFlags kTable = ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_RowBg |
                                   ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_ScrollY;

void cell(const std::string& text) {
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(text.c_str());
}

void row(const Frame& frame, const RunningServer& server) {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  ImGui::PushID(server.pid);
  ImGui::BeginDisabled(frame.workspace.recording());
  if (ImGui::SmallButton("record")) frame.ask(Request::Kind::Record, uint32_t(server.pid));
  ImGui::EndDisabled();
  ImGui::PopID();
  cell(server.name);
  cell(fmt::format("{}", server.pid));
  std::string addresses;
  for (const std::string& each : server.addresses) addresses += (addresses.empty() ? "" : "  ") + each;
  cell(addresses);
  cell(server.waits);
}

}  // namespace

void draw_record(const Frame& frame) {
  const Workspace& workspace = frame.workspace;
  if (workspace.recording()) {
    if (ImGui::Button("stop the recording")) frame.ask(Request::Kind::StopRecording);
  } else if (ImGui::Button("record the demo servers side by side")) {
    frame.ask(Request::Kind::RecordDemo);
  }
  ImGui::SameLine();
  if (ImGui::Button("look again")) frame.ask(Request::Kind::RefreshServers);
  ImGui::SameLine();
  ImGui::TextDisabled("%s", workspace.servers.busy() ? "looking …" : "only the recorder runs as root");
  if (!workspace.servers.asked()) frame.ask(Request::Kind::RefreshServers);
  const ServerListAnswer& answer = workspace.servers.answer();
  if (!answer.trouble.empty()) wrapped_text(answer.trouble);
  if (answer.unreadable) {
    ImGui::TextDisabled("%zu processes of other users could not be looked into", answer.unreadable);
    ImGui::SameLine();
    if (ImGui::SmallButton("look as root")) frame.ask(Request::Kind::RefreshServers, 1);
  }
  if (answer.servers.empty()) {
    if (!workspace.servers.busy() && answer.trouble.empty())
      wrapped_text(answer.unreadable ? "No server of yours is running here." : "No server is running here.");
    return;
  }
  if (!ImGui::BeginTable("servers", 5, kTable)) return;
  for (const char* title : {"", "server", "PID", "listens on", "waits in"}) ImGui::TableSetupColumn(title);
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableHeadersRow();
  for (const RunningServer& server : answer.servers) row(frame, server);
  ImGui::EndTable();
}

}  // namespace loopscope::viewer
