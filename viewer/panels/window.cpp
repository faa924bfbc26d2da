// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/imgui_compat.h"

namespace loopscope::viewer {
namespace {

constexpr float kLeastWidth = 240, kLeastHeight = 160;
constexpr float kLabels = 210, kTop = 34, kBanner = 24, kOverview = 50, kAxis = 20, kDrawerShare = 0.36F;
constexpr ImGuiWindowFlags kFixed =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNav;

bool is_sign(int key) {
  return key > ' ' && key < 127 && !std::isalpha(key);
}

// The last part of a path, as what the window is about.
std::string file_title(const std::string& path) {
  const size_t slash = path.rfind('/');
  return trace_model::terminal_text(path == "-"          ? "standard input"
                                    : slash == path.npos ? path
                                                         : path.substr(slash + 1));
}

}  // namespace

std::optional<Panel> panel_of(std::string_view name) {
  if (name == "listeners") return Panel::Listeners;
  if (name == "loops") return Panel::Loops;
  if (name == "findings") return Panel::Findings;
  if (name == "events") return Panel::Events;
  return std::nullopt;
}

Window::Window(Session& session, ThemeName theme)
    : session_(session), theme_name_(theme), theme_(make_theme(theme)) {
  apply_style(theme_, theme_name_);
}

void Window::use(const Fonts& fonts, float scale) {
  fonts_ = fonts;
  scale_ = scale;
}

void Window::keys() {
  const ImGuiIO& io = ImGui::GetIO();
  for (const KeyBinding& binding : key_bindings()) {
    const bool escape = binding.key == kKeyEscape;
    if (io.WantTextInput && !escape && !binding.ctrl) continue;
    // Signs have no shift of their own: on some keyboards they need it.
    const bool sign = is_sign(binding.key) && !binding.ctrl;
    if (binding.ctrl != io.KeyCtrl || binding.alt != io.KeyAlt || (!sign && binding.shift != io.KeyShift))
      continue;
    if (sign ? compat::typed(char(binding.key)) : compat::key_pressed(binding.key, binding.repeats))
      return session_.perform(binding.action);
  }
}

void Window::search_box(const Frame& frame, float width) {
  if (session_.focus_search) ImGui::SetKeyboardFocusHere();
  session_.focus_search = false;
  ImGui::SetNextItemWidth(width);
  const bool entered =
      ImGui::InputTextWithHint("##search", "search: fd=6 call=epoll_ctl op=ADD path~balloons dur>10ms",
                               search_, sizeof search_, ImGuiInputTextFlags_EnterReturnsTrue);
  if (entered && session_.search.query() != search_) {
    session_.start_search(search_);
  } else if (entered) {
    session_.perform(ImGui::GetIO().KeyShift ? Action::PreviousHit : Action::NextHit);
    ImGui::SetKeyboardFocusHere(-1);
  }
  const Search& search = session_.search;
  ImGui::SameLine();
  if (!search.error().empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, frame.theme.error);
    ImGui::TextUnformatted("not understood");
    ImGui::PopStyleColor();
  } else if (!search.query().empty()) {
    const std::string found =
        fmt::format("{}{}", trace_model::counted(search.hits().size(), "hit"), search.running() ? " …" : "");
    ImGui::TextUnformatted(found.c_str());
  }
}

void Window::top_bar(const Frame& frame, const Rect& bar) {
  ImGui::GetWindowDrawList()->AddRectFilled(bar.min(), bar.max(), theme_.panel);
  ImGui::SetCursorScreenPos(ImVec2(bar.x + 8, bar.y + 5 * scale_));
  ImGui::AlignTextToFramePadding();
  const std::string title = file_title(session_.loader.path());
  const float title_x = ImGui::GetCursorScreenPos().x;
  text_cut(*ImGui::GetWindowDrawList(), title_x, bar.y + 8 * scale_, bar.x + (kLabels - 8) * scale_,
           bar.y + bar.height, theme_.text, title);
  ImGui::SetCursorScreenPos(ImVec2(bar.x + kLabels * scale_, bar.y + 5 * scale_));
  if (session_.focus_filter) ImGui::SetKeyboardFocusHere();
  session_.focus_filter = false;
  ImGui::SetNextItemWidth(150 * scale_);
  if (ImGui::InputTextWithHint("##filter", "lanes: name, name", filter_, sizeof filter_))
    session_.set_filter(filter_);
  ImGui::SameLine();
  const float right = 190 * scale_;
  search_box(frame, std::max(120.0F, bar.width - (kLabels + 150 + 16) * scale_ - right - 90 * scale_));
  ImGui::SameLine(bar.x + bar.width - right);
  if (session_.loader.running()) {
    const double progress = session_.loader.progress();
    const std::string text = progress >= 0 ? fmt::format("reading {:.0f} %", progress * 100) : "reading";
    ImGui::ProgressBar(progress >= 0 ? float(progress) : 0.0F, ImVec2(100 * scale_, 0), text.c_str());
    ImGui::SameLine();
    if (ImGui::Button("stop")) session_.loader.cancel();
  } else {
    if (ImGui::Button("all")) frame.perform(Action::ShowAll);
    ImGui::SameLine();
    if (ImGui::Button("back")) frame.perform(Action::Undo);
    ImGui::SameLine();
    if (ImGui::Button("?  keys")) frame.perform(Action::Help);
  }
}

// One line over everything: what the search does not understand, or what the trace lacks.
std::vector<std::string> Window::banner_lines() const {
  if (!session_.search.error().empty()) return {session_.search.error()};
  if (!banner_open_ || !session_.loaded || !session_.loaded->error.empty()) return {};
  return session_.loaded->missing;
}

void Window::banner(const Frame& frame, const Rect& area, const std::vector<std::string>& lines) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(area.min(), area.max(), frame.theme.warning);
  const bool of_trace = session_.search.error().empty();
  std::string text = (of_trace ? "This trace is not complete: " : "Search: ") + lines.front();
  if (lines.size() > 1) text += fmt::format(" (and {} more: point here)", lines.size() - 1);
  const float y = area.y + (area.height - ImGui::GetFontSize()) / 2, room = area.width - 60 * scale_;
  text_cut(list, area.x + 8, y, area.x + room, area.y + area.height, text_on(frame.theme.warning), text);
  ImGui::SetCursorScreenPos(area.min());
  ImGui::InvisibleButton("banner", ImVec2(room, area.height));
  if (ImGui::IsItemHovered()) {
    ImGui::BeginTooltip();
    for (const std::string& each : lines) ImGui::TextUnformatted(each.c_str());
    ImGui::EndTooltip();
  }
  if (!of_trace) return;
  ImGui::SetCursorScreenPos(ImVec2(area.x + area.width - 52 * scale_, area.y + 2));
  if (ImGui::SmallButton("hide")) banner_open_ = false;
}

void Window::message(const Frame& frame, const Rect& area) {
  std::string text;
  if (session_.loaded && !session_.loaded->error.empty())
    text = trace_model::terminal_text(session_.loaded->error);
  else if (session_.timeline.tracks.empty())
    text = session_.loaded ? "The trace has no record of a process." : "Reading the trace …";
  else if (session_.layout.places().empty())
    text = "No lane has such a name: Esc shows them all.";
  if (text.empty()) return;
  const float width = std::min(area.width - 40, 700 * scale_);
  const ImVec2 size = ImGui::CalcTextSize(text.c_str(), nullptr, false, width);
  ImGui::GetWindowDrawList()->AddText(ImGui::GetFont(), ImGui::GetFontSize(),
                                      ImVec2(area.x + (area.width - size.x) / 2, area.y + area.height / 3),
                                      frame.theme.text, text.c_str(), nullptr, width);
}

void Window::drawer(const Frame& frame, const Rect& area) {
  const float half = area.width * 0.46F;
  ImGui::SetCursorScreenPos(area.min());
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(10, 8));
  if (ImGui::BeginChild("details", ImVec2(half, area.height), false, ImGuiWindowFlags_AlwaysUseWindowPadding))
    draw_details(frame);
  ImGui::EndChild();
  ImGui::GetWindowDrawList()->AddLine({area.x + half, area.y}, {area.x + half, area.y + area.height},
                                      theme_.line);
  ImGui::SetCursorScreenPos(ImVec2(area.x + half + 1, area.y));
  if (ImGui::BeginChild("answers", ImVec2(area.width - half - 1, area.height), false,
                        ImGuiWindowFlags_AlwaysUseWindowPadding) &&
      ImGui::BeginTabBar("panels")) {
    const auto tab = [&](const char* name, Panel panel, auto&& draw) {
      const ImGuiTabItemFlags flags = wanted_ == panel ? ImGuiTabItemFlags_SetSelected : 0;
      if (!ImGui::BeginTabItem(name, nullptr, flags)) return;
      if (ImGui::BeginChild(name, ImVec2(0, 0), false)) draw();
      ImGui::EndChild();
      ImGui::EndTabItem();
    };
    tab("Listeners", Panel::Listeners, [&] { draw_listeners(frame); });
    tab("Loops", Panel::Loops, [&] { draw_loops(frame); });
    const size_t count = session_.loaded ? session_.loaded->report.findings.size() : 0;
    const std::string findings = fmt::format("Findings {}###findings", count);
    tab(findings.c_str(), Panel::Findings, [&] { draw_findings(frame); });
    tab("Events", Panel::Events, [&] { events_.draw(frame); });
    ImGui::EndTabBar();
    wanted_.reset();
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
}

void Window::draw() {
  const ImGuiIO& io = ImGui::GetIO();
  session_.texts.new_frame();
  session_.layout.update(session_.timeline);
  keys();
  // A window may be made smaller than anything in it.
  const Rect all{0, 0, std::max(io.DisplaySize.x, kLeastWidth), std::max(io.DisplaySize.y, kLeastHeight)};
  const std::vector<std::string> lines = banner_lines();
  const bool warned = !lines.empty();
  float y = kTop * scale_ + (warned ? kBanner * scale_ : 0);
  const float labels = std::min(kLabels * scale_, all.width / 3);
  const Rect overview{labels, y, all.width - labels, kOverview * scale_};
  const Rect overview_labels{0, y, labels, kOverview * scale_};
  y += kOverview * scale_;
  const Rect axis{labels, y, all.width - labels, kAxis * scale_};
  y += kAxis * scale_;
  const float drawer_height = session_.drawer_open ? all.height * kDrawerShare : 0;
  const Rect lanes{labels, y, all.width - labels, std::max(20.0F, all.height - drawer_height - y)};
  const Rect names{0, y, labels, lanes.height};
  session_.view.width = std::max(50.0F, lanes.width);
  session_.lanes_height = lanes.height / scale_;
  session_.mouse_x = lanes.has(io.MousePos) ? io.MousePos.x - lanes.x : -1;
  requests_.clear();
  const Frame frame{session_, session_.texts, theme_, fonts_.mono, scale_, requests_};
  ImGui::SetNextWindowPos(ImVec2(0, 0));
  ImGui::SetNextWindowSize(io.DisplaySize);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::Begin("loopscope", nullptr, kFixed);
  ImGui::PopStyleVar();
  top_bar(frame, {0, 0, all.width, kTop * scale_});
  if (warned) banner(frame, {0, kTop * scale_, all.width, kBanner * scale_}, lines);
  draw_overview(frame, overview_labels, overview);
  ImGui::GetWindowDrawList()->AddRectFilled({0, axis.y}, {labels, axis.y + axis.height}, theme_.panel);
  draw_axis(frame, axis);
  draw_timeline(frame, names, lanes);
  message(frame, lanes);
  if (session_.drawer_open) {
    ImGui::GetWindowDrawList()->AddLine({0, all.height - drawer_height},
                                        {all.width, all.height - drawer_height}, theme_.line);
    drawer(frame, {0, all.height - drawer_height + 1, all.width, drawer_height - 1});
  }
  ImGui::End();
  if (session_.help_open) draw_help(frame, all);
  for (const Request& request : requests_) session_.handle(request);
}

}  // namespace loopscope::viewer
