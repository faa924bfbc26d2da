// SPDX-License-Identifier: Apache-2.0
// Colours: dark, light, and projector (light, with more contrast and larger text). Events have the colours of
// Okabe and Ito, which people tell apart whatever their sight; letters, shapes and hatching say the same
// again.
#pragma once

#include <imgui.h>

#include <array>
#include <optional>
#include <string_view>

#include "viewer/logic/lane.h"

namespace loopscope::viewer {

enum class ThemeName : uint8_t { Dark, Light, Projector };
[[nodiscard]] std::optional<ThemeName> theme_of(std::string_view name);

struct Theme {
  ImU32 background = 0, panel = 0, process = 0, stripe = 0;  // stripe: every other track
  ImU32 text = 0, dim = 0, grid = 0, line = 0;
  ImU32 selection = 0, hover = 0, arrow = 0, warning = 0, error = 0, hit = 0;
  ImU32 hatch = 0, wait = 0, lost = 0;
  std::array<ImU32, kLooks> looks{};
  float text_scale = 1;
};

[[nodiscard]] Theme make_theme(ThemeName name);
void apply_style(const Theme& theme, ThemeName name);  // to ImGui's own widgets

[[nodiscard]] ImU32 text_on(ImU32 colour);            // black or white
[[nodiscard]] std::string_view look_word(Look look);  // "new connection", "reading"
[[nodiscard]] std::string_view look_letter(Look look);

}  // namespace loopscope::viewer
