// SPDX-License-Identifier: Apache-2.0
// Fonts of this machine: a proportional and a monospaced one, and for characters they lack (Chinese,
// Japanese, Korean) another that is merged in, as far as one is installed.
#pragma once

#include <imgui.h>

#include <string>
#include <vector>

namespace loopscope::viewer {

struct Fonts {
  ImFont* text = nullptr;
  ImFont* mono = nullptr;
};

// `chosen`: a file to use before all others, may be empty. `used`: text whose characters must be there. Must
// be called between frames; what draws must make its texture anew.
[[nodiscard]] Fonts load_fonts(float pixels, const std::string& chosen, const std::vector<std::string>& used);

// Whether there is a character beyond those that are always loaded.
[[nodiscard]] bool needs_more(const std::string& text);

}  // namespace loopscope::viewer
