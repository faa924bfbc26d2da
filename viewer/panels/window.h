// SPDX-License-Identifier: Apache-2.0
// The whole window: where each panel stands, the bar on top, the keys. One draw() is one frame, between
// ImGui::NewFrame() and ImGui::Render().
#pragma once

#include <string>

#include "viewer/panels/fonts.h"
#include "viewer/panels/frame.h"

namespace loopscope::viewer {

enum class Panel : uint8_t { Listeners, Loops, Findings, Events };
[[nodiscard]] std::optional<Panel> panel_of(std::string_view name);

class Window {
 public:
  Window(Session& session, ThemeName theme);

  // After load_fonts(), and again whenever fonts were loaded anew.
  void use(const Fonts& fonts, float scale);
  void draw();

  void show(Panel panel) { wanted_ = panel; }
  // Whether the picture is not final: texts are still being made.
  [[nodiscard]] bool wants_another_frame() const { return session_.texts.wants_another_frame(); }
  [[nodiscard]] const Theme& theme() const { return theme_; }

 private:
  void keys();
  void top_bar(const Frame& frame, const Rect& bar);
  void search_box(const Frame& frame, float width);
  [[nodiscard]] std::vector<std::string> banner_lines() const;
  void banner(const Frame& frame, const Rect& area, const std::vector<std::string>& lines);
  void message(const Frame& frame, const Rect& area);
  void drawer(const Frame& frame, const Rect& area);

  Session& session_;
  ThemeName theme_name_;
  Theme theme_;
  Fonts fonts_;
  float scale_ = 1;
  std::optional<Panel> wanted_;
  EventTable events_;
  std::vector<Request> requests_;
  char search_[512] = "", filter_[256] = "";
  bool banner_open_ = true;
};

}  // namespace loopscope::viewer
