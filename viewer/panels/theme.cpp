// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/theme.h"

namespace loopscope::viewer {
namespace {

constexpr ImU32 rgb(uint32_t hex, uint32_t alpha = 255) {
  return IM_COL32(hex >> 16 & 255, hex >> 8 & 255, hex & 255, alpha);
}

// Okabe and Ito, "Color Universal Design" (2008).
constexpr uint32_t kOrange = 0xE69F00, kSky = 0x56B4E9, kGreen = 0x009E73, kYellow = 0xF0E442,
                   kBlue = 0x0072B2, kVermilion = 0xD55E00, kPurple = 0xCC79A7, kGrey = 0x8A8F98;
constexpr uint32_t kAmber = 0xF5C710;  // yellow that is seen on white

std::array<ImU32, kLooks> looks_on(bool dark) {
  std::array<ImU32, kLooks> colours{};
  colours.fill(rgb(kGrey));
  const auto set = [&](Look look, uint32_t hex) { colours[size_t(look)] = rgb(hex); };
  for (const Look look : {Look::BurstConnection, Look::Accept, Look::MarkAccept}) set(look, kGreen);
  for (const Look look : {Look::BurstData, Look::Read, Look::MarkWakeup}) set(look, kSky);
  for (const Look look : {Look::BurstNotify, Look::Control, Look::MarkMod}) set(look, kPurple);
  set(Look::BurstTimer, kOrange);
  set(Look::Runnable, kVermilion);
  for (const Look look : {Look::Open, Look::MarkAdd}) set(look, dark ? kYellow : kAmber);
  set(Look::Write, dark ? 0x2F8FD0 : kBlue);
  set(Look::BurstCompletion, dark ? 0x8FC9F2 : 0x3B8FC4);
  set(Look::Connect, kGreen);
  set(Look::MarkDel, kVermilion);
  set(Look::MarkClose, kVermilion);
  set(Look::MarkListen, kGreen);
  set(Look::MarkBind, kSky);
  set(Look::Operation, dark ? 0x9FB4C8 : 0x5F7D99);
  set(Look::MarkCompletion, dark ? 0xDDE3EA : 0x3C4650);
  set(Look::MarkRecord, dark ? 0x9AA3AD : 0x6A737C);
  set(Look::Looked, dark ? 0x6C7683 : 0xA9B2BC);
  set(Look::Blocked, dark ? 0x59626D : 0xB9C0C8);
  set(Look::Life, dark ? 0x2C4A44 : 0xC4E5DB);
  return colours;
}

Theme dark_theme() {
  Theme t;
  t.background = rgb(0x15181C), t.panel = rgb(0x1B1F24), t.process = rgb(0x262C34), t.stripe = rgb(0x191D22);
  t.text = rgb(0xE6EAEE), t.dim = rgb(0x98A2AD), t.grid = rgb(0xFFFFFF, 18), t.line = rgb(0x343B44);
  t.selection = rgb(0xFFFFFF), t.hover = rgb(0xFFFFFF, 150), t.arrow = rgb(0xFFD75E);
  t.warning = rgb(kOrange), t.error = rgb(0xFF6A3D), t.hit = rgb(0xFF9DE0);
  t.wait = rgb(0x232A32), t.hatch = rgb(0x3B4550), t.lost = rgb(0xFF6A3D, 60);
  t.looks = looks_on(true);
  return t;
}

Theme light_theme(bool projector) {
  Theme t;
  t.background = rgb(0xFFFFFF), t.panel = rgb(0xF4F6F8), t.process = rgb(0xE3E8ED), t.stripe = rgb(0xFAFBFC);
  t.text = rgb(projector ? 0x000000 : 0x1B2228), t.dim = rgb(projector ? 0x303840 : 0x5B6670);
  t.grid = rgb(0x000000, projector ? 40 : 22), t.line = rgb(projector ? 0x8E979F : 0xC6CDD4);
  t.selection = rgb(0x000000), t.hover = rgb(0x000000, 140), t.arrow = rgb(0xB3261E);
  t.warning = rgb(0xA86500), t.error = rgb(0xC23B00), t.hit = rgb(0xB0127B);
  t.wait = rgb(0xEEF1F4), t.hatch = rgb(projector ? 0xAEB7C0 : 0xCBD2D9), t.lost = rgb(0xC23B00, 50);
  t.looks = looks_on(false);
  t.text_scale = projector ? 1.25F : 1;
  return t;
}

}  // namespace

std::optional<ThemeName> theme_of(std::string_view name) {
  if (name == "dark") return ThemeName::Dark;
  if (name == "light") return ThemeName::Light;
  if (name == "projector") return ThemeName::Projector;
  return std::nullopt;
}

Theme make_theme(ThemeName name) {
  return name == ThemeName::Dark ? dark_theme() : light_theme(name == ThemeName::Projector);
}

void apply_style(const Theme& theme, ThemeName name) {
  if (name == ThemeName::Dark)
    ImGui::StyleColorsDark();
  else
    ImGui::StyleColorsLight();
  ImGuiStyle& style = ImGui::GetStyle();
  style.WindowRounding = style.ChildRounding = 0;
  style.FrameRounding = 3;
  style.WindowBorderSize = 0;
  style.FramePadding = ImVec2(6, 3);
  style.ItemSpacing = ImVec2(8, 4);
  style.WindowPadding = ImVec2(8, 6);
  const auto set = [&](ImGuiCol which, ImU32 colour) {
    style.Colors[which] = ImGui::ColorConvertU32ToFloat4(colour);
  };
  set(ImGuiCol_WindowBg, theme.panel);
  set(ImGuiCol_ChildBg, theme.panel);
  set(ImGuiCol_PopupBg, theme.process);
  set(ImGuiCol_Text, theme.text);
  set(ImGuiCol_TextDisabled, theme.dim);
  set(ImGuiCol_Border, theme.line);
  set(ImGuiCol_FrameBg, theme.process);
  set(ImGuiCol_TableHeaderBg, theme.process);
  set(ImGuiCol_TableBorderLight, theme.line);
  set(ImGuiCol_TableBorderStrong, theme.line);
  set(ImGuiCol_Separator, theme.line);
}

ImU32 text_on(ImU32 colour) {
  const ImVec4 c = ImGui::ColorConvertU32ToFloat4(colour);
  return 0.299F * c.x + 0.587F * c.y + 0.114F * c.z > 0.5F ? IM_COL32(0, 0, 0, 255) : IM_COL32_WHITE;
}

std::string_view look_word(Look look) {
  switch (look) {
    case Look::Wait:
      return "asleep";
    case Look::BurstConnection:
      return "woken by a new connection";
    case Look::BurstData:
      return "woken by data";
    case Look::BurstNotify:
      return "woken by a notification";
    case Look::BurstTimer:
      return "woken by time";
    case Look::BurstCompletion:
      return "woken by a completion";
    case Look::BurstOther:
      return "woken, or running since before";
    case Look::Looked:
      return "looked without sleeping";
    case Look::Runnable:
      return "could run, had no CPU";
    case Look::Blocked:
      return "blocked";
    case Look::Life:
      return "listening socket";
    case Look::MarkBind:
      return "bind";
    case Look::MarkListen:
      return "listen";
    case Look::MarkAdd:
      return "registered";
    case Look::MarkMod:
      return "registration changed";
    case Look::MarkDel:
      return "registration removed";
    case Look::MarkAccept:
      return "connection accepted";
    case Look::MarkWakeup:
      return "woke a loop";
    case Look::MarkClose:
      return "closed";
    case Look::MarkCompletion:
      return "completion";
    default:
      return "";
  }
}

std::string_view look_letter(Look look) {
  switch (look) {
    case Look::BurstConnection:
      return "C";
    case Look::BurstData:
      return "D";
    case Look::BurstNotify:
      return "N";
    case Look::BurstTimer:
      return "T";
    case Look::BurstCompletion:
      return "Q";
    default:
      return "";
  }
}

}  // namespace loopscope::viewer
