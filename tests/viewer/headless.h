// SPDX-License-Identifier: Apache-2.0
// The viewer's window without a screen: Dear ImGui lays out and makes its vertices, and nobody draws them.
#pragma once

#include <imgui.h>

#include <memory>

#include "viewer/panels/imgui_compat.h"
#include "viewer/panels/window.h"

namespace loopscope::viewer {

class Headless {
 public:
  explicit Headless(float width = 1280, float height = 720) {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = ImVec2(width, height);
    io.DeltaTime = 1.0F / 60;
    // As the OpenGL backend sets it: without it more than 64 Ki vertices in a list are an error.
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    io.MousePos = ImVec2(-1, -1);
    compat::name_keys();
  }
  ~Headless() {
    window_.reset();
    ImGui::DestroyContext();
  }
  Headless(const Headless&) = delete;
  Headless& operator=(const Headless&) = delete;

  void show(Workspace& workspace, ThemeName theme = ThemeName::Dark) {
    window_ = std::make_unique<Window>(workspace, theme);
    window_->use(load_fonts(14, "", {}), 1);
  }
  [[nodiscard]] Window& window() { return *window_; }

  // Draws one frame; how many vertices it has.
  int frame() {
    ImGui::NewFrame();
    window_->draw();
    ImGui::Render();
    return ImGui::GetDrawData()->TotalVtxCount;
  }
  int frames(int count) {
    int vertices = 0;
    while (count-- > 0) vertices = frame();
    return vertices;
  }

  void mouse(float x, float y) { ImGui::GetIO().MousePos = ImVec2(x, y); }
  // From 1.87 on a press and its release are events of two frames, so each has its own here.
  void click(float x, float y) {
    mouse(x, y);
    frame();
    ImGui::GetIO().MouseDown[0] = true;
    frame();
    ImGui::GetIO().MouseDown[0] = false;
    frames(2);
  }
  void drag(float from_x, float from_y, float to_x, float to_y, int button = 0) {
    mouse(from_x, from_y);
    frame();
    ImGui::GetIO().MouseDown[button] = true;
    frame();
    for (int step = 1; step <= 4; ++step) {
      mouse(from_x + (to_x - from_x) * float(step) / 4, from_y + (to_y - from_y) * float(step) / 4);
      frame();
    }
    ImGui::GetIO().MouseDown[button] = false;
    frames(2);
  }
  void wheel(float notches) {
    ImGui::GetIO().MouseWheel = notches;
    frame();
    ImGui::GetIO().MouseWheel = 0;
    frame();
  }
  void press(int key, bool ctrl = false, bool shift = false, bool alt = false) {
    compat::hold(ctrl, shift, alt);
    compat::press(key, true);
    frame();
    compat::press(key, false);
    compat::hold(false, false, false);
    frame();
  }
  void type(const char* text) {
    ImGui::GetIO().AddInputCharactersUTF8(text);
    frames(2);
  }

 private:
  std::unique_ptr<Window> window_;
};

}  // namespace loopscope::viewer
