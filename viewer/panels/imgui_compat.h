// SPDX-License-Identifier: Apache-2.0
// What differs between the versions of Dear ImGui that are packaged: 1.86 (Debian 12) to 1.92.
#pragma once

#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

namespace loopscope::viewer::compat {

// `key` as in logic/actions.h, by its place on the keyboard (1.86) or by what is printed on it (from 1.87
// on).
[[nodiscard]] bool key_pressed(int key, bool repeat);

// Whether this character was typed in this frame; of marks, which keyboards have in different places.
[[nodiscard]] bool typed(char character);

// The keyboard goes to the item that comes next.
void focus_next();

// Tests: as a backend does it.
void name_keys();
void press(int key, bool down);
void hold(bool ctrl, bool shift, bool alt);

// The fonts were loaded: makes pictures of their characters. From 1.92 on a backend that says so asks for
// those that are drawn, when they are drawn.
void build_fonts();

// The window, after that: hands the new pictures to the graphics card. From 1.92 on drawing does. In the
// header, so that only the window needs the backend.
inline void take_built_fonts() {
#if IMGUI_VERSION_NUM < 19200
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
#endif
}

}  // namespace loopscope::viewer::compat
