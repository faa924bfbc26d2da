// SPDX-License-Identifier: Apache-2.0
// The whole window: where each panel stands, the bar on top, the keys. One draw() is one frame, between
// ImGui::NewFrame() and ImGui::Render().
#pragma once

#include <string>

#include "viewer/panels/command_palette.h"
#include "viewer/panels/fonts.h"
#include "viewer/panels/panel_list.h"
#include "viewer/panels/top_bar.h"

namespace loopscope::viewer {

class Window {
 public:
  Window(Workspace& workspace, ThemeName theme);

  // After load_fonts(), and again whenever fonts were loaded anew.
  void use(const Fonts& fonts, float scale);
  void draw();

  [[nodiscard]] PanelList& panels() { return panels_; }
  // Whether the picture is not final: texts are still being made.
  [[nodiscard]] bool wants_another_frame() const;
  [[nodiscard]] const Theme& theme() const { return theme_; }
  [[nodiscard]] ThemeName theme_name() const { return theme_name_; }
  void set_theme(ThemeName theme);
  // What panels drew beyond the texts of the traces, whose characters fonts have to have.
  [[nodiscard]] const std::set<std::string>& rare_texts() const { return rare_texts_; }

 private:
  void keys();
  void draw_trace(size_t i, const Rect& area);
  void message(const Frame& frame, const Rect& area);
  void drawer(const Frame& frame, const Rect& area);
  void status_line(const Rect& area);
  [[nodiscard]] Frame frame_of(size_t trace);

  Workspace& workspace_;
  ThemeName theme_name_ = ThemeName::Dark;
  Theme theme_;
  Fonts fonts_;
  float scale_ = 1;
  PanelList panels_;
  TopBar top_bar_;
  CommandPalette palette_;
  OpenDialog open_dialog_;
  Requests requests_;
  std::set<std::string> rare_texts_;
};

}  // namespace loopscope::viewer
