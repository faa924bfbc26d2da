// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/imgui_compat.h"

#include "viewer/logic/actions.h"

namespace loopscope::viewer::compat {
namespace {

#if IMGUI_VERSION_NUM < 18700

// The backend hands on GLFW's numbers (GLFW/glfw3.h), which for printable keys are the characters of the US
// keyboard.
int native(int key) {
  switch (key) {
    case kKeyRight:
      return 262;
    case kKeyLeft:
      return 263;
    case kKeyHome:
      return 268;
    case kKeyEnd:
      return 269;
    case kKeyEnter:
      return 257;
    case kKeyEscape:
      return 256;
    case kKeyDown:
      return 264;
    case kKeyUp:
      return 265;
    case kKeyTab:
      return 258;
    case kKeyF12:
      return 301;
    default:
      return key;
  }
}

#else

ImGuiKey native(int key) {
  if (key >= 'A' && key <= 'Z') return ImGuiKey(ImGuiKey_A + (key - 'A'));
  switch (key) {
    case kKeyRight:
      return ImGuiKey_RightArrow;
    case kKeyLeft:
      return ImGuiKey_LeftArrow;
    case kKeyHome:
      return ImGuiKey_Home;
    case kKeyEnd:
      return ImGuiKey_End;
    case kKeyEnter:
      return ImGuiKey_Enter;
    case kKeyEscape:
      return ImGuiKey_Escape;
    case kKeyDown:
      return ImGuiKey_DownArrow;
    case kKeyUp:
      return ImGuiKey_UpArrow;
    case kKeyTab:
      return ImGuiKey_Tab;
    case kKeyF12:
      return ImGuiKey_F12;
    case ' ':
      return ImGuiKey_Space;
    case '=':
      return ImGuiKey_Equal;
    case '-':
      return ImGuiKey_Minus;
    default:
      return ImGuiKey_None;
  }
}

#endif

}  // namespace

bool key_pressed(int key, bool repeat) {
  const auto code = native(key);
#if IMGUI_VERSION_NUM >= 18700
  if (code == ImGuiKey_None) return false;
#endif
  return ImGui::IsKeyPressed(code, repeat);
}

bool typed(char character) {
  for (const ImWchar each : ImGui::GetIO().InputQueueCharacters)
    if (each == ImWchar(character)) return true;
  return false;
}

void focus_next() {
#if IMGUI_VERSION_NUM == 19010
  // That version leaves the keyboard where it is when it is in another window (mended in 1.90.2).
  ImGui::SetWindowFocus();
#endif
  ImGui::SetKeyboardFocusHere();
}

void name_keys() {
#if IMGUI_VERSION_NUM < 18700
  ImGuiIO& io = ImGui::GetIO();
  io.KeyMap[ImGuiKey_Enter] = native(kKeyEnter);
  io.KeyMap[ImGuiKey_Escape] = native(kKeyEscape);
  io.KeyMap[ImGuiKey_Home] = native(kKeyHome);
  io.KeyMap[ImGuiKey_End] = native(kKeyEnd);
  io.KeyMap[ImGuiKey_UpArrow] = native(kKeyUp);
  io.KeyMap[ImGuiKey_DownArrow] = native(kKeyDown);
  io.KeyMap[ImGuiKey_Tab] = native(kKeyTab);
  io.KeyMap[ImGuiKey_LeftArrow] = native(kKeyLeft);
  io.KeyMap[ImGuiKey_RightArrow] = native(kKeyRight);
#endif
}

void press(int key, bool down) {
#if IMGUI_VERSION_NUM < 18700
  ImGui::GetIO().KeysDown[native(key)] = down;
#else
  ImGui::GetIO().AddKeyEvent(native(key), down);
#endif
}

void hold(bool ctrl, bool shift, bool alt) {
  ImGuiIO& io = ImGui::GetIO();
#if IMGUI_VERSION_NUM < 18700
  io.KeyCtrl = ctrl, io.KeyShift = shift, io.KeyAlt = alt;
#else
#if IMGUI_VERSION_NUM < 18900
  constexpr ImGuiKey kCtrl = ImGuiKey_ModCtrl, kShift = ImGuiKey_ModShift, kAlt = ImGuiKey_ModAlt;
#else
  constexpr ImGuiKey kCtrl = ImGuiMod_Ctrl, kShift = ImGuiMod_Shift, kAlt = ImGuiMod_Alt;
#endif
  io.AddKeyEvent(kCtrl, ctrl);
  io.AddKeyEvent(kShift, shift);
  io.AddKeyEvent(kAlt, alt);
#endif
}

void build_fonts() {
#if IMGUI_VERSION_NUM >= 19200
  if (ImGui::GetIO().BackendFlags & ImGuiBackendFlags_RendererHasTextures) return;
#endif
  ImGui::GetIO().Fonts->Build();
}

}  // namespace loopscope::viewer::compat
