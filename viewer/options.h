// SPDX-License-Identifier: Apache-2.0
// The command line of loopscope-viewer.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viewer/panels/window.h"

namespace loopscope::viewer {

struct Options {
  std::vector<std::string> files;  // none, one, or two
  std::string font, screenshot, search, filter;
  int width = 0, height = 0;       // 0: as the last time
  std::optional<ThemeName> theme;  // likewise
  SessionOptions session;
  std::optional<std::pair<Ns, Ns>> view;
  RecordId select = 0;
  std::string panel;  // its name
  bool keys = false, compare = false;
  double scale = 0;  // 0: as the screen asks for
};

// "1.5s..2s", "120ms..130ms"; without a unit they are seconds, as the first column of `loopscope show`.
[[nodiscard]] std::optional<std::pair<Ns, Ns>> parse_view(const std::string& text);

// The exit code when there is nothing to do but to end.
[[nodiscard]] std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace loopscope::viewer
