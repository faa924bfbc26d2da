// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/fonts.h"

#include <unistd.h>
#include <algorithm>

#include "viewer/panels/imgui_compat.h"

namespace loopscope::viewer {
namespace {

constexpr const char* kTextFonts[] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
                                      "/usr/share/fonts/TTF/DejaVuSans.ttf",
                                      "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
                                      "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
                                      "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"};
constexpr const char* kMonoFonts[] = {"/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
                                      "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
                                      "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
                                      "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
                                      "/usr/share/fonts/truetype/noto/NotoSansMono-Regular.ttf"};
constexpr const char* kWideFonts[] = {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
                                      "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
                                      "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
                                      "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
                                      "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
                                      "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"};

// Latin with accents, Greek, Cyrillic, punctuation, arrows, mathematics, boxes and shapes.
constexpr ImWchar kAlways[] = {0x20,   0x17f,  0x370,  0x3ff,  0x400,  0x45f,  0x2010, 0x2027, 0x2030, 0x205e,
                               0x2190, 0x21ff, 0x2200, 0x22ff, 0x2500, 0x25ff, 0xfffd, 0xfffd, 0};

bool always_there(unsigned c) {
  for (size_t i = 0; kAlways[i] != 0; i += 2)
    if (c >= kAlways[i] && c <= kAlways[i + 1]) return true;
  return false;
}

template <size_t size>
const char* first_of(const char* const (&paths)[size]) {
  for (const char* path : paths)
    if (access(path, R_OK) == 0) return path;
  return nullptr;
}

// The code points of UTF-8 text up to U+FFFF; of what is not UTF-8 nothing sensible, and no harm.
template <typename Visit>
void each_code_point(const std::string& text, Visit&& visit) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = uint8_t(text[i]);
    if (byte < 0x80) visit(unsigned(byte));
    const size_t more = byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xc0 && byte < 0xe0 ? 1 : 0;
    if (more == 0 || i + more >= text.size()) continue;
    unsigned c = more == 2 ? byte & 0x0fu : byte & 0x1fu;
    for (size_t k = 1; k <= more; ++k) c = c << 6 | (uint8_t(text[i + k]) & 0x3fu);
    visit(c);
  }
}

ImFont* load(const char* path, float pixels, const char* wide, const ImWchar* wide_ranges) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  ImFontConfig config;
  config.OversampleH = 2;
  config.PixelSnapH = true;
  ImFont* font = path ? atlas.AddFontFromFileTTF(path, pixels, &config, kAlways) : nullptr;
  if (!font) {
    config.SizePixels = pixels;
    font = atlas.AddFontDefault(&config);
  }
  if (wide && wide_ranges && *wide_ranges) {
    ImFontConfig merged;
    merged.MergeMode = true;
    atlas.AddFontFromFileTTF(wide, pixels, &merged, wide_ranges);
  }
  return font;
}

}  // namespace

bool needs_more(const std::string& text) {
  bool more = false;
  each_code_point(text, [&](unsigned c) { more = more || (c >= 0x80 && !always_there(c)); });
  return more;
}

Fonts load_fonts(float pixels, const std::string& chosen, const std::vector<std::string>& used) {
  static ImVector<ImWchar> wide_ranges;  // the atlas keeps a pointer until it is built
  ImGui::GetIO().Fonts->Clear();
  ImFontGlyphRangesBuilder builder;
  for (const std::string& text : used)
    each_code_point(text, [&](unsigned c) {
      if (c >= 0x80 && c <= 0xffff && !always_there(c)) builder.AddChar(ImWchar(c));
    });
  wide_ranges.clear();
  builder.BuildRanges(&wide_ranges);
  const char* text =
      !chosen.empty() && access(chosen.c_str(), R_OK) == 0 ? chosen.c_str() : first_of(kTextFonts);
  const char* wide = !chosen.empty() && text == chosen.c_str() ? chosen.c_str() : first_of(kWideFonts);
  Fonts fonts;
  fonts.text = load(text, pixels, wide, wide_ranges.Data);
  fonts.mono = load(first_of(kMonoFonts), pixels, wide, wide_ranges.Data);
  compat::build_fonts();
  return fonts;
}

}  // namespace loopscope::viewer
