// SPDX-License-Identifier: Apache-2.0
// What the viewer remembers from one time to the next: the window, the colours, the files opened last. In
// $XDG_STATE_HOME/loopscope/viewer.json, of which nothing is required.
#pragma once

#include <string>
#include <vector>

namespace loopscope::viewer {

struct Settings {
  int width = 1280, height = 720;
  bool maximized = false;
  std::string theme;  // "dark", "light", "projector"
  double text_scale = 1;
  std::vector<std::string> recent;  // paths, the newest first

  void note_file(const std::string& path);  // absolute; standard input is not noted
};

[[nodiscard]] std::string settings_path();  // empty: there is no home
[[nodiscard]] Settings read_settings(const std::string& path);
void write_settings(const std::string& path, const Settings& settings);  // as far as it can

// The size of text where none was chosen. `reported` is what the screen says (1: 96 dpi, which many large
// screens say that are not); on more than 1600 lines text for 1080 of them grows with their number, in
// quarters.
[[nodiscard]] float scale_for(float reported, int height_px);

}  // namespace loopscope::viewer
