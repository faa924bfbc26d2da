// SPDX-License-Identifier: Apache-2.0
// Text in as many lines as it takes in the room there is, broken as logic/line_breaks.h says: Dear ImGui's
// own wrapping breaks "0.493" behind the point.
#pragma once

#include <imgui.h>

#include <string_view>

namespace loopscope::viewer {

void wrapped_text(std::string_view text);
void wrapped_text(ImU32 colour, std::string_view text);

}  // namespace loopscope::viewer
