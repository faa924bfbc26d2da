// SPDX-License-Identifier: Apache-2.0
// What stands in the window while no trace is open.
#pragma once

#include <imgui.h>

#include "viewer/logic/workspace.h"

namespace loopscope::viewer {

void draw_start_screen(Workspace& workspace, float scale);

}  // namespace loopscope::viewer
