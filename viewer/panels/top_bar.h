// SPDX-License-Identifier: Apache-2.0
// The bar on top: which trace, lanes by name, the search, what is going on; and below it, when there is
// something to say, one line of warning.
#pragma once

#include <string>
#include <vector>

#include "viewer/panels/frame.h"

namespace loopscope::viewer {

class TopBar {
 public:
  void draw(const Frame& frame, Session& session, const Rect& bar, float labels);
  // One line over everything: what the search does not understand, what the trace lacks.
  [[nodiscard]] std::vector<std::string> warnings(const Frame& frame) const;
  void draw_warnings(const Frame& frame, const Rect& area, const std::vector<std::string>& lines);

 private:
  void search_box(const Frame& frame, Session& session, float width);
  void state_buttons(const Frame& frame);

  char search_[512] = "", filter_[256] = "";
  std::string search_of_session_, filter_of_session_;
  const Session* hidden_for_ = nullptr;
};

// The last part of a path, as what the window is about.
[[nodiscard]] std::string file_title(const std::string& path);

}  // namespace loopscope::viewer
