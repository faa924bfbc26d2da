// SPDX-License-Identifier: Apache-2.0
#include "trace-model/terminal_text.h"

#include <cstdint>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

bool is_continuation(char byte) { return (uint8_t(byte) & 0xc0) == 0x80; }

struct Character {
  size_t length = 0;  // 0: not UTF-8 here
  uint32_t code = 0;
};

// RFC 3629: shortest form, no surrogates, nothing above U+10FFFF.
Character character_at(std::string_view text, size_t at) {
  const auto first = uint8_t(text[at]);
  const size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return {};
  uint32_t code = length == 1 ? first : first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) return {};
    code = code << 6 | (uint8_t(text[at + i]) & 0x3f);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (too_long || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return {};
  return {length, code};
}

}  // namespace

std::string terminal_text(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (size_t at = 0; at < raw.size();) {
    const auto [length, code] = character_at(raw, at);
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    if (raw[at] == '\n') {
      text += "\\n";
    } else if (raw[at] == '\t') {
      text += "\\t";
    } else if (raw[at] == '\\') {
      text += "\\\\";
    } else if (length == 0 || control) {
      for (size_t i = 0; i < (length ? length : 1); ++i) text += fmt::format("\\x{:02x}", uint8_t(raw[at + i]));
    } else {
      text += raw.substr(at, length);
    }
    at += length ? length : 1;
  }
  return text;
}

size_t column_count(std::string_view text) {
  size_t count = 0;
  for (const char byte : text) count += !is_continuation(byte);
  return count;
}

std::string cut_to_columns(std::string_view text, size_t columns) {
  if (column_count(text) <= columns) return std::string(text);
  size_t end = 0;
  for (size_t column = 0; end < text.size(); ++end)
    if (!is_continuation(text[end]) && column++ == columns - 1) break;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace loopscope::trace_model
