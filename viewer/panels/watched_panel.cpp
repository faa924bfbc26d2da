// SPDX-License-Identifier: Apache-2.0
// What each epoll instance watches at the time of what is selected.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/duration_text.h"
#include "trace-model/symbols.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/wrapped_text.h"

namespace loopscope::viewer {
namespace {

using trace_model::time_text;

constexpr ImGuiTableFlags kTable = ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_RowBg |
                                   ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_ScrollX;

void cell(const std::string& text) {
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(text.c_str());
}

void row(const WatchedFile& file) {
  ImGui::TableNextRow();
  const WatchedItem& item = file.item;
  cell(fmt::format("{}", item.fd));
  cell(file.what);
  cell(fmt::format("{}{}", fmt::join(names_of(trace_model::symbols::kEpollEvents, item.events), " "),
                   item.disarmed ? " (has fired)" : ""));
  cell(fmt::format("{:#x}", item.data));
  cell(item.before ? "before the recording" : time_text(item.since));
}

void instance(const WatchingInstance& each, size_t number) {
  const std::string title =
      fmt::format("epoll {} of process {}: watches {}",
                  each.instance.epfd >= 0 ? fmt::format("fd {}", each.instance.epfd) : "instance",
                  each.instance.pid, trace_model::counted(each.files.size() + each.more, "descriptor"));
  ImGui::Spacing();
  ImGui::TextUnformatted(title.c_str());
  const float height =
      ImGui::GetTextLineHeightWithSpacing() * float(std::min<size_t>(each.files.size(), 12) + 2);
  if (!ImGui::BeginTable(fmt::format("watched{}", number).c_str(), 5, kTable | ImGuiTableFlags_ScrollY,
                         ImVec2(0, height)))
    return;
  for (const char* column : {"fd", "what it is", "for", "data", "since"}) ImGui::TableSetupColumn(column);
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableHeadersRow();
  ImGuiListClipper clipper;
  clipper.Begin(int(each.files.size()));
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) row(each.files[size_t(i)]);
  ImGui::EndTable();
  if (each.more) ImGui::TextDisabled("and %zu more", each.more);
}

}  // namespace

void draw_watched(const Frame& frame) {
  const Session& session = frame.session;
  if (session.timeline.empty()) return;
  const Ns t = session.looked_at();
  const InterestAnswer& answer = session.watched_at(t);
  const std::string when = fmt::format(
      "At {}{}", time_text(t),
      session.selection().drawn() ? ", when what is selected begins" : ", the middle of the view");
  ImGui::TextDisabled("%s", when.c_str());
  if (answer.instances.empty()) wrapped_text("No epoll instance watched anything then.");
  for (size_t i = 0; i < answer.instances.size(); ++i) instance(answer.instances[i], i);
  if (answer.more) ImGui::TextDisabled("and %zu more instances", answer.more);
}

}  // namespace loopscope::viewer
