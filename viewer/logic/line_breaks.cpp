// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/line_breaks.h"

#include <algorithm>
#include <cctype>

namespace loopscope::viewer {
namespace {

constexpr size_t kUnitBytes = 3;  // "s", "ms", "µs", "MB", "%"

size_t character_bytes(std::string_view text) {
  size_t bytes = 1;
  while (bytes < text.size() && (uint8_t(text[bytes]) & 0xc0) == 0x80) ++bytes;
  return bytes;
}

// Three bytes of UTF-8 from U+2E80 on: a line may end behind each, but closing signs stay with what they
// close.
bool is_wide(std::string_view character) {
  return character.size() >= 3 && character >= "\u2e80";
}

bool closes(std::string_view rest) {
  for (const std::string_view sign : {"，", "。", "、", "；", "：", "？", "！", "）", "」", "』"})
    if (rest.starts_with(sign)) return true;
  return false;
}

// A space behind a digit and before more digits, or before a unit and the end of the word.
bool holds_a_number_together(std::string_view text, size_t space) {
  if (space == 0 || !std::isdigit(uint8_t(text[space - 1])) || space + 1 >= text.size()) return false;
  const auto next = uint8_t(text[space + 1]);
  constexpr uint8_t kMicro = 0xc2;  // the first byte of µ
  if (std::isdigit(next)) return true;
  if (!std::isalpha(next) && next != '%' && next != kMicro) return false;
  const size_t end = std::min(text.find_first_of(" ,.;:)\n", space + 1), text.size());
  return end - space - 1 <= kUnitBytes;
}

// The bytes of the next piece that is not broken, with the spaces behind it.
size_t piece_bytes(std::string_view text) {
  size_t end = 0;
  while (end < text.size()) {
    const size_t bytes = character_bytes(text.substr(end));
    const bool wide = is_wide(text.substr(end, bytes)), space = text[end] == ' ';
    if (space && holds_a_number_together(text, end)) {
      ++end;
      continue;
    }
    end += bytes;
    if (space) {
      while (end < text.size() && text[end] == ' ') ++end;
      return end;
    }
    if (wide && !closes(text.substr(end))) return end;
    const std::string_view rest = text.substr(end);
    if (!rest.empty() && is_wide(rest.substr(0, character_bytes(rest))) && !closes(rest)) return end;
  }
  return end;
}

// As much of a word that is wider than a line as fits, and one character at least.
size_t part_that_fits(std::string_view word, float width, const TextWidth& width_of) {
  size_t fits = 0, behind_sign = 0;
  for (float x = 0; fits < word.size();) {
    const size_t bytes = character_bytes(word.substr(fits));
    x += width_of(word.substr(fits, bytes));
    if (x > width && fits > 0) break;
    fits += bytes;
    if (word[fits - 1] == '/' || word[fits - 1] == ',') behind_sign = fits;
  }
  return fits < word.size() && behind_sign > 0 ? behind_sign : fits;
}

}  // namespace

std::string with_line_breaks(std::string_view text, float width, const TextWidth& width_of) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  float x = 0;
  const auto break_line = [&] {
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
    x = 0;
  };
  while (!text.empty()) {
    if (text.front() == '\n') {
      out += '\n';
      x = 0;
      text.remove_prefix(1);
      continue;
    }
    std::string_view piece = text.substr(0, piece_bytes(text.substr(0, text.find('\n'))));
    text.remove_prefix(piece.size());
    const std::string_view word = piece.substr(0, piece.find_last_not_of(' ') + 1);
    float wide = width_of(word);
    if (x > 0 && x + wide > width) break_line();
    while (wide > width) {
      const size_t part = part_that_fits(piece, width, width_of);
      if (part >= piece.size()) break;
      out += piece.substr(0, part);
      break_line();
      piece.remove_prefix(part);
      wide = width_of(piece.substr(0, piece.find_last_not_of(' ') + 1));
    }
    out += piece;
    x += width_of(piece);
  }
  return out;
}

}  // namespace loopscope::viewer
