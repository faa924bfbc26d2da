// SPDX-License-Identifier: Apache-2.0
#include "trace-model/json_line.h"

#include <array>
#include <cstdint>

#include "trace-model/utf8.h"

namespace loopscope::trace_model {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// Indexed by the byte as an unsigned number: what is plain stands for itself in a JSON string.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[size_t(c)] = c != '"' && c != '\\';
  return plain;
}();

void escape(JsonLine& line, uint8_t byte) {
  switch (byte) {
    case '"':
      return line.raw("\\\"");
    case '\\':
      return line.raw("\\\\");
    case '\n':
      return line.raw("\\n");
    case '\t':
      return line.raw("\\t");
    case '\r':
      return line.raw("\\r");
    default:
      break;
  }
  const char code[] = {'\\', 'u', '0', '0', kHexDigits[byte >> 4], kHexDigits[byte & 0xF]};
  line.raw(std::string_view(code, sizeof code));
}

}  // namespace

void JsonLine::raw_slowly(std::string_view piece) {
  spill();
  if (piece.size() > sizeof buffer_) {
    out_.append(piece);
    return;
  }
  std::memcpy(at_, piece.data(), piece.size());
  at_ += piece.size();
}

bool JsonLine::string(std::string_view text) {
  bool whole = true;
  raw('"');
  for (size_t at = 0; at < text.size();) {
    size_t plain_end = at;
    while (plain_end < text.size() && kPlain[uint8_t(text[plain_end])]) ++plain_end;
    raw(text.substr(at, plain_end - at));
    at = plain_end;
    if (at == text.size()) break;
    if (uint8_t(text[at]) < 0x80) {
      escape(*this, uint8_t(text[at++]));
      continue;
    }
    const size_t length = utf8_sequence_length(text, at);
    whole = whole && length;
    raw(length ? text.substr(at, length) : kReplacementCharacter);
    at += length ? length : 1;
  }
  raw('"');
  return whole;
}

void JsonLine::hex_string(std::string_view bytes) {
  raw('"');
  for (const char c : bytes) {
    raw(kHexDigits[uint8_t(c) >> 4]);
    raw(kHexDigits[uint8_t(c) & 0xF]);
  }
  raw('"');
}

}  // namespace loopscope::trace_model
