// SPDX-License-Identifier: Apache-2.0
// Everything that can be done, by name; and the choice of a file to open.
#pragma once

#include <string>
#include <vector>

#include "viewer/panels/frame.h"

namespace loopscope::viewer {

class CommandPalette {
 public:
  void draw(const Frame& frame, const Rect& window);

 private:
  char text_[128] = "";
  int chosen_ = 0;
  bool was_open_ = false;
};

class OpenDialog {
 public:
  void draw(Workspace& workspace, float scale);

 private:
  void read_folder();

  char path_[1024] = "";
  std::vector<std::string> traces_;  // in the current folder
  bool was_open_ = false;
};

// Whether every word of `typed` is in `text`, in either case.
[[nodiscard]] bool has_words(std::string_view text, std::string_view typed);

}  // namespace loopscope::viewer
