// SPDX-License-Identifier: Apache-2.0
// `loopscope view`: hands over to loopscope-viewer, which is a program of its own so that recording needs no
// graphics.
#pragma once

#include <string>
#include <vector>

namespace loopscope::tracer {

// `arguments`: FILE, and options for the viewer. Without a FILE it is the newest trace in the current folder.
// Returns only when there is no viewer; the exit code.
[[nodiscard]] int view_command(const std::vector<std::string>& arguments);

}  // namespace loopscope::tracer
