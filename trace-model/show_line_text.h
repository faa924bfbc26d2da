// SPDX-License-Identifier: Apache-2.0
// The small pieces of a shown line: numbers, times, names of flags, text from the traced process.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "trace-model/events.h"
#include "trace-model/symbols.h"

namespace loopscope::trace_model {

template <std::integral Number>
void append_number(std::string& out, Number value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}
void append_hex(std::string& out, uint64_t value);    // 0x1f
void append_octal(std::string& out, uint64_t value);  // 0644

void append_duration(std::string& out,
                     Ns duration);            // "900ns", "12.3us", "4.56ms", "1.5s": as a query takes it
void append_seconds(std::string& out, Ns t);  // "0.126000", right-aligned in the time column

// "IN|OUT|0x40" of the names of a table; "0" for no bits.
void append_symbols(std::string& out, const SymbolTable& table, uint64_t bits);

void append_safe(std::string& out, std::string_view raw);    // escaped for a terminal
void append_quoted(std::string& out, std::string_view raw);  // escaped, in double quotes

// Spaces up to `width` columns after `begin`, and at least one.
void pad_to(std::string& out, size_t begin, size_t width);

}  // namespace loopscope::trace_model
