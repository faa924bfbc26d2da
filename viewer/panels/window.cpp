// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "viewer/panels/imgui_compat.h"
#include "viewer/panels/start_screen.h"

namespace loopscope::viewer {
namespace {

constexpr float kLeastWidth = 240, kLeastHeight = 160;
constexpr float kLabels = 210, kTop = 34, kBanner = 24, kOverview = 50, kSmallOverview = 40, kAxis = 20,
                kStatus = 22, kDrawerShare = 0.36F;
constexpr ImGuiWindowFlags kFixed =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNav;

bool is_sign(int key) {
  return key > ' ' && key < 127 && !std::isalpha(key);
}

}  // namespace

Window::Window(Workspace& workspace, ThemeName theme) : workspace_(workspace) {
  set_theme(theme);
}

void Window::set_theme(ThemeName theme) {
  theme_name_ = theme;
  theme_ = make_theme(theme);
  apply_style(theme_, theme_name_);
}

void Window::use(const Fonts& fonts, float scale) {
  fonts_ = fonts;
  scale_ = scale;
}

bool Window::wants_another_frame() const {
  for (size_t i = 0; i < workspace_.count(); ++i)
    if (workspace_.trace(i).texts.wants_another_frame()) return true;
  return false;
}

void Window::keys() {
  const ImGuiIO& io = ImGui::GetIO();
  for (const KeyBinding& binding : key_bindings()) {
    const bool escape = binding.key == kKeyEscape;
    if ((io.WantTextInput || workspace_.palette_open) && !escape && !binding.ctrl) continue;
    // Of a text that is typed Ctrl+Z and Ctrl+Left are its own.
    if (io.WantTextInput && binding.ctrl && (binding.key == 'Z' || binding.key >= kKeyLeft)) continue;
    // Signs have no shift of their own: on some keyboards they need it.
    const bool sign = is_sign(binding.key) && !binding.ctrl;
    if (binding.ctrl != io.KeyCtrl || binding.alt != io.KeyAlt || (!sign && binding.shift != io.KeyShift))
      continue;
    if (sign ? compat::typed(char(binding.key)) : compat::key_pressed(binding.key, binding.repeats))
      return workspace_.perform(binding.action);
  }
}

std::string Frame::rare(std::string text) const {
  if (needs_more(text)) rare_texts.insert(text);
  return text;
}

Frame Window::frame_of(size_t trace) {
  Session& session = workspace_.trace(trace);
  return {workspace_, session, trace, session.texts, theme_, fonts_.mono, scale_, requests_, rare_texts_};
}

void Window::message(const Frame& frame, const Rect& area) {
  const Session& session = frame.session;
  std::string text;
  if (session.loaded && !session.loaded->error.empty())
    text = trace_model::terminal_text(session.loaded->error);
  else if (session.timeline.tracks.empty())
    text = session.loaded && session.loaded->complete ? "The trace has no record of a process."
                                                      : "Reading the trace …";
  else if (session.layout.places().empty())
    text = "Every lane is hidden, or has another name: Esc or Shift+H shows them all.";
  if (text.empty()) return;
  const float width = std::min(area.width - 40, 700 * scale_);
  const ImVec2 size = ImGui::CalcTextSize(text.c_str(), nullptr, false, width);
  ImGui::GetWindowDrawList()->AddText(ImGui::GetFont(), ImGui::GetFontSize(),
                                      ImVec2(area.x + (area.width - size.x) / 2, area.y + area.height / 3),
                                      frame.theme.text, text.c_str(), nullptr, width);
}

void Window::drawer(const Frame& frame, const Rect& area) {
  const float half = area.width * 0.42F;
  ImGui::SetCursorScreenPos(area.min());
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(10 * scale_, 8 * scale_));
  if (ImGui::BeginChild("details", ImVec2(half, area.height), false, ImGuiWindowFlags_AlwaysUseWindowPadding))
    draw_details(frame);
  ImGui::EndChild();
  ImGui::GetWindowDrawList()->AddLine({area.x + half, area.y}, {area.x + half, area.y + area.height},
                                      theme_.line);
  ImGui::SetCursorScreenPos(ImVec2(area.x + half + 1, area.y));
  if (ImGui::BeginChild("answers", ImVec2(area.width - half - 1, area.height), false,
                        ImGuiWindowFlags_AlwaysUseWindowPadding))
    panels_.draw(frame);
  ImGui::EndChild();
  ImGui::PopStyleVar();
}

// One trace: its strip, its axis, its lanes.
void Window::draw_trace(size_t i, const Rect& area) {
  Session& session = workspace_.trace(i);
  session.layout.update(session.timeline);
  const ImGuiIO& io = ImGui::GetIO();
  const bool two = workspace_.count() > 1;
  const float labels = std::min(kLabels * scale_, area.width / 3);
  float y = area.y;
  const float overview_height = (two ? kSmallOverview : kOverview) * scale_;
  const Rect overview{labels, y, area.width - labels, overview_height};
  const Rect overview_labels{0, y, labels, overview_height};
  y += overview_height;
  const Rect axis{labels, y, area.width - labels, kAxis * scale_};
  y += kAxis * scale_;
  const Rect lanes{labels, y, area.width - labels, std::max(20.0F, area.y + area.height - y)};
  const Rect names{0, y, labels, lanes.height};
  session.view.width = std::max(50.0F, lanes.width);
  session.lanes_height = lanes.height / scale_;
  session.mouse_x = lanes.has(io.MousePos) ? io.MousePos.x - lanes.x : -1;
  const Frame frame = frame_of(i);
  ImGui::PushID(int(i));
  draw_overview(frame, overview_labels, overview);
  ImGui::GetWindowDrawList()->AddRectFilled({0, axis.y}, {labels, axis.y + axis.height}, theme_.panel);
  draw_axis(frame, axis);
  draw_timeline(frame, names, lanes);
  message(frame, lanes);
  ImGui::PopID();
  if (two && i == workspace_.active_number())
    ImGui::GetWindowDrawList()->AddRectFilled({0, area.y}, {3 * scale_, area.y + area.height}, theme_.arrow);
}

// What was done last, else what one may do; and how long the part in view is.
void Window::status_line(const Rect& area) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(area.min(), area.max(), theme_.process);
  const float y = area.y + (area.height - ImGui::GetFontSize()) / 2;
  std::string view;
  if (!workspace_.empty())
    view = "in view: " + trace_model::duration_text(Ns(std::min(workspace_.active().view.span, 9e18)));
  const float width = ImGui::CalcTextSize(view.c_str()).x;
  const std::string& said = workspace_.status();
  text_cut(list, area.x + 10 * scale_, y, area.x + area.width - width - 30, area.y + area.height,
           said.empty() ? theme_.dim : theme_.text,
           said.empty()
               ? "? keys   Ctrl+P everything by name   G the registration   Ctrl+Right the next wakeup   "
                 "drag: a range   M a note"
               : said);
  text_cut(list, area.x + area.width - width - 10 * scale_, y, area.x + area.width, area.y + area.height,
           theme_.dim, view);
}

void Window::draw() {
  const ImGuiIO& io = ImGui::GetIO();
  for (size_t i = 0; i < workspace_.count(); ++i) workspace_.trace(i).texts.new_frame();
  keys();
  if (std::exchange(workspace_.next_theme, false)) set_theme(ThemeName((uint8_t(theme_name_) + 1) % 3));
  if (const auto wanted = std::exchange(workspace_.wanted_panel, std::nullopt)) panels_.show(size_t(*wanted));
  // A window may be made smaller than anything in it.
  const Rect all{0, 0, std::max(io.DisplaySize.x, kLeastWidth), std::max(io.DisplaySize.y, kLeastHeight)};
  requests_.clear();
  ImGui::SetNextWindowPos(ImVec2(0, 0));
  ImGui::SetNextWindowSize(io.DisplaySize);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::Begin("loopscope", nullptr, kFixed);
  ImGui::PopStyleVar();
  if (workspace_.empty()) {
    draw_start_screen(workspace_, scale_);
    status_line({0, all.height - kStatus * scale_, all.width, kStatus * scale_});
    ImGui::End();
    return open_dialog_.draw(workspace_, scale_);
  }
  const Frame frame = frame_of(workspace_.active_number());
  const std::vector<std::string> lines = top_bar_.warnings(frame);
  const float labels = std::min(kLabels * scale_, all.width / 3);
  top_bar_.draw(frame, workspace_.active(), {0, 0, all.width, kTop * scale_}, labels);
  float y = kTop * scale_;
  if (!lines.empty()) {
    top_bar_.draw_warnings(frame, {0, y, all.width, kBanner * scale_}, lines);
    y += kBanner * scale_;
  }
  float bottom = all.height - kStatus * scale_;
  status_line({0, bottom, all.width, kStatus * scale_});
  const float drawer_height = workspace_.drawer_open ? all.height * kDrawerShare : 0;
  bottom -= drawer_height;
  const float each = std::max(60.0F, (bottom - y) / float(workspace_.count()));
  for (size_t i = 0; i < workspace_.count(); ++i)
    draw_trace(i, {0, y + each * float(i), all.width, each - (i == 0 ? 1 : 0)});
  if (workspace_.drawer_open) {
    ImGui::GetWindowDrawList()->AddLine({0, bottom}, {all.width, bottom}, theme_.line);
    drawer(frame, {0, bottom + 1, all.width, drawer_height - 1});
  }
  ImGui::End();
  if (workspace_.help_open) draw_help(frame, all);
  palette_.draw(frame, all);
  // From here on what is open may change.
  for (const auto& [request, trace] : requests_) workspace_.handle(request, trace);
  open_dialog_.draw(workspace_, scale_);
}

}  // namespace loopscope::viewer
