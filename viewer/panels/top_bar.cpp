// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/top_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/imgui_compat.h"

namespace loopscope::viewer {
namespace {

constexpr const char* kHint = "search: fd=6 call=epoll_ctl op=ADD path~balloons dur>10ms";
constexpr const char* kShortHint = "search: call=epoll_ctl op=ADD";
constexpr float kFilter = 130, kRight = 300, kHits = 170;

template <size_t size>
void put(char (&buffer)[size], const std::string& text) {
  std::strncpy(buffer, text.c_str(), size - 1);
  buffer[size - 1] = 0;
}

const char* mode_text(SearchMode mode) {
  return mode == SearchMode::Step ? "rest: shown" : mode == SearchMode::Dim ? "rest: dimmed" : "rest: away";
}

}  // namespace

std::string file_title(const std::string& path) {
  const size_t slash = path.rfind('/');
  return trace_model::terminal_text(path == "-"          ? "standard input"
                                    : slash == path.npos ? path
                                                         : path.substr(slash + 1));
}

void TopBar::search_box(const Frame& frame, Session& session, float width) {
  if (search_of_session_ != session.search.query()) put(search_, session.search.query());
  search_of_session_ = session.search.query();
  if (session.focus_search) compat::focus_next();
  session.focus_search = false;
  ImGui::SetNextItemWidth(width);
  const bool entered =
      ImGui::InputTextWithHint("##search", width > ImGui::CalcTextSize(kHint).x + 20 ? kHint : kShortHint,
                               search_, sizeof search_, ImGuiInputTextFlags_EnterReturnsTrue);
  if (entered && session.search.query() != search_) {
    session.start_search(search_);
    search_of_session_ = search_;
  } else if (entered) {
    session.perform(ImGui::GetIO().KeyShift ? Action::PreviousHit : Action::NextHit);
    ImGui::SetKeyboardFocusHere(-1);
  }
  const Search& search = session.search;
  ImGui::SameLine();
  if (!search.error().empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, frame.theme.error);
    ImGui::TextUnformatted("not understood");
    ImGui::PopStyleColor();
  } else if (!search.query().empty()) {
    const std::string found =
        fmt::format("{}{}", trace_model::counted(search.hits().size(), "hit"), search.running() ? " …" : "");
    ImGui::TextUnformatted(found.c_str());
    ImGui::SameLine();
    if (ImGui::SmallButton(mode_text(session.search_mode()))) frame.perform(Action::CycleSearchMode);
    if (ImGui::IsItemHovered())
      ImGui::SetTooltip(
          "What the search does not find: shown as it is, dimmed, or\nits lanes taken away (X)");
  }
}

void TopBar::state_buttons(const Frame& frame) {
  const Session& session = frame.session;
  if (session.live()) {
    if (ImGui::Button(session.following() ? "hold still" : "follow")) frame.perform(Action::ToggleFollow);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Space. The recording goes on either way.");
    ImGui::SameLine();
    ImGui::PushStyleColor(ImGuiCol_Text, frame.theme.error);
    ImGui::TextUnformatted("● live");
    ImGui::PopStyleColor();
    ImGui::SameLine();
    if (frame.workspace.recording() && ImGui::Button("stop")) frame.ask(Request::Kind::StopRecording);
    return;
  }
  if (session.loader.running()) {
    const double progress = session.loader.progress();
    const std::string text = progress >= 0 ? fmt::format("reading {:.0f} %", progress * 100) : "reading";
    ImGui::ProgressBar(progress >= 0 ? float(progress) : 0.0F, ImVec2(110 * frame.scale, 0), text.c_str());
    ImGui::SameLine();
    if (ImGui::Button("stop")) frame.ask(Request::Kind::StopReading);
    return;
  }
  if (ImGui::Button("all")) frame.perform(Action::ShowAll);
  ImGui::SameLine();
  if (ImGui::Button("back")) frame.perform(Action::Undo);
  if (frame.workspace.count() == 2) {
    ImGui::SameLine();
    if (ImGui::Button(frame.workspace.linked() ? "linked" : "free")) frame.perform(Action::LinkTraces);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Whether both traces move together (T)");
  }
}

void TopBar::draw(const Frame& frame, Session& session, const Rect& bar, float labels) {
  const float scale = frame.scale;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(bar.min(), bar.max(), frame.theme.panel);
  const float y = bar.y + 5 * scale;
  ImGui::SetCursorScreenPos(ImVec2(bar.x + 8, y));
  if (ImGui::Button("≡")) frame.perform(Action::Palette);
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("everything that can be done (Ctrl+P)");
  ImGui::SameLine();
  const float title_x = ImGui::GetCursorScreenPos().x;
  text_cut(list, title_x, bar.y + 8 * scale, bar.x + labels - 8, bar.y + bar.height, frame.theme.text,
           file_title(session.loader.path()));
  ImGui::SetCursorScreenPos(ImVec2(bar.x + labels, y));
  if (filter_of_session_ != session.layout.filter()) put(filter_, session.layout.filter());
  if (session.focus_filter) compat::focus_next();
  session.focus_filter = false;
  ImGui::SetNextItemWidth(kFilter * scale);
  if (ImGui::InputTextWithHint("##filter", "lanes: name, name", filter_, sizeof filter_))
    session.set_filter(filter_);
  filter_of_session_ = session.layout.filter();
  ImGui::SameLine();
  search_box(frame, session, std::max(120.0F, bar.width - labels - (kFilter + kRight + kHits + 16) * scale));
  ImGui::SetCursorScreenPos(ImVec2(std::max(labels, bar.x + bar.width - kRight * scale), y));
  state_buttons(frame);
  ImGui::SetCursorScreenPos(ImVec2(std::max(labels, bar.x + bar.width - 118 * scale), y));
  if (ImGui::Button("record")) frame.perform(Action::ShowRecord);
  ImGui::SameLine();
  if (ImGui::Button("? keys")) frame.perform(Action::Help);
}

std::vector<std::string> TopBar::warnings(const Frame& frame) const {
  const Session& session = frame.session;
  if (!session.search.error().empty()) return {session.search.error()};
  std::vector<std::string> lines;
  if (session.dropped() > 0)
    lines.push_back(fmt::format(
        "To stay within its memory the viewer has let go of the oldest {}; the recording has them",
        trace_model::counted(session.dropped(), "record")));
  if (session.loaded && session.loaded->error.empty())
    for (const std::string& what : session.loaded->missing)
      lines.push_back(lines.empty() ? "This trace is not complete: " + what : what);
  if (hidden_for_ == &session) return {};
  return lines;
}

void TopBar::draw_warnings(const Frame& frame, const Rect& area, const std::vector<std::string>& lines) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(area.min(), area.max(), frame.theme.warning);
  const bool of_trace = frame.session.search.error().empty();
  std::string text = of_trace ? lines.front() : "Search: " + lines.front();
  if (lines.size() > 1) text += fmt::format(" (and {} more: point here)", lines.size() - 1);
  const float scale = frame.scale;
  const float y = area.y + (area.height - ImGui::GetFontSize()) / 2, room = area.width - 60 * scale;
  text_cut(list, area.x + 8, y, area.x + room, area.y + area.height, text_on(frame.theme.warning), text);
  ImGui::SetCursorScreenPos(area.min());
  ImGui::InvisibleButton("banner", ImVec2(room, area.height));
  if (ImGui::IsItemHovered()) {
    ImGui::BeginTooltip();
    for (const std::string& each : lines) ImGui::TextUnformatted(each.c_str());
    ImGui::EndTooltip();
  }
  if (!of_trace) return;
  ImGui::SetCursorScreenPos(ImVec2(area.x + area.width - 52 * scale, area.y + 2));
  if (ImGui::SmallButton("hide")) hidden_for_ = &frame.session;
}

}  // namespace loopscope::viewer
