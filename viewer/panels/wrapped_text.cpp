// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/wrapped_text.h"

#include "viewer/logic/line_breaks.h"

namespace loopscope::viewer {

void wrapped_text(std::string_view text) {
  const std::string lines = with_line_breaks(
      text, ImGui::GetContentRegionAvail().x,
      [](std::string_view part) { return ImGui::CalcTextSize(part.data(), part.data() + part.size()).x; });
  ImGui::TextUnformatted(lines.data(), lines.data() + lines.size());
}

void wrapped_text(ImU32 colour, std::string_view text) {
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  wrapped_text(text);
  ImGui::PopStyleColor();
}

}  // namespace loopscope::viewer
