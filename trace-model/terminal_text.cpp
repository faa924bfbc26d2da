// SPDX-License-Identifier: Apache-2.0
#include "trace-model/terminal_text.h"

#include <cstdint>

#include <fmt/format.h>

#include "trace-model/utf8.h"

namespace loopscope::trace_model {
namespace {

bool is_continuation(char byte) {
  return (uint8_t(byte) & 0xc0) == 0x80;
}

// U+0000 to U+001F and U+007F to U+009F, as a well-formed sequence; and what turns the direction of writing
// or breaks a line: U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
bool is_control(std::string_view sequence) {
  const auto first = uint8_t(sequence[0]);
  if (first < 0x20 || first == 0x7f || (first == 0xc2 && uint8_t(sequence[1]) < 0xa0)) return true;
  if (!sequence.starts_with("\xe2\x80") && !sequence.starts_with("\xe2\x81")) return false;
  const auto last = uint8_t(sequence[2]);
  if (uint8_t(sequence[1]) == 0x81) return last >= 0xa6 && last <= 0xa9;
  return last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae);
}

}  // namespace

std::string terminal_text(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (size_t at = 0; at < raw.size();) {
    const size_t length = utf8_sequence_length(raw, at);
    const std::string_view bytes = raw.substr(at, length ? length : 1);
    if (raw[at] == '\n') {
      text += "\\n";
    } else if (raw[at] == '\t') {
      text += "\\t";
    } else if (raw[at] == '\\') {
      text += "\\\\";
    } else if (length == 0 || is_control(bytes)) {
      for (const char byte : bytes) text += fmt::format("\\x{:02x}", uint8_t(byte));
    } else {
      text += bytes;
    }
    at += bytes.size();
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
