// SPDX-License-Identifier: Apache-2.0
// What differs between the versions of Dear ImGui that are packaged: 1.86 (Debian 12) to 1.92.
#pragma once

#include <imgui.h>

namespace loopscope::viewer::compat {

// `key` as in logic/actions.h, by its place on the keyboard (1.86) or by what is printed on it (from 1.87
// on).
[[nodiscard]] bool key_pressed(int key, bool repeat);

// Whether this character was typed in this frame; of marks, which keyboards have in different places.
[[nodiscard]] bool typed(char character);

// Tests: as a backend does it.
void name_keys();
void press(int key, bool down);

void set_font_scale(float scale);

}  // namespace loopscope::viewer::compat
