// SPDX-License-Identifier: Apache-2.0
// The command line of loopscope-viewer.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "viewer/panels/window.h"

namespace loopscope::viewer {

struct Options {
  std::string file, font, screenshot, search, filter;
  int width = 1280, height = 720;
  ThemeName theme = ThemeName::Dark;
  std::optional<std::pair<Ns, Ns>> view;
  RecordId select = 0;
  std::optional<Panel> panel;
  bool keys = false;  // the help sheet is open
  double scale = 0;   // 0: as the screen asks for
};

// "1.5s..2s", "120ms..130ms"; without a unit they are seconds, as the first column of `loopscope show`.
[[nodiscard]] std::optional<std::pair<Ns, Ns>> parse_view(const std::string& text);

// The exit code when there is nothing to do but to end.
[[nodiscard]] std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace loopscope::viewer
