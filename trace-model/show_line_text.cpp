// SPDX-License-Identifier: Apache-2.0
#include "trace-model/show_line_text.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kTimeColumns = 12;

// Most text is this; it is copied as it is.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

struct Unit {
  Ns ns;
  std::string_view name;
};
constexpr Unit kUnits[]{{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}};

}  // namespace

void append_hex(std::string& out, uint64_t value) {
  char digits[16];
  out += "0x";
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr);
}

void append_octal(std::string& out, uint64_t value) {
  char digits[24];
  if (value) out += '0';
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value, 8).ptr);
}

void append_duration(std::string& out, Ns duration) {
  for (const Unit& unit : kUnits) {
    if (duration > -unit.ns && duration < unit.ns) continue;
    const double value = double(duration) / double(unit.ns);
    fmt::format_to(std::back_inserter(out), "{:.{}g}{}", value, value >= 1000 ? 15 : 3 + (value >= 100),
                   unit.name);
    return;
  }
  append_number(out, duration);
  out += "ns";
}

void append_seconds(std::string& out, Ns t) {
  const bool negative = t < 0;
  const uint64_t us = (negative ? 0 - uint64_t(t) : uint64_t(t)) / 1000;
  char text[32];
  char* at = std::end(text);
  uint64_t rest = us;
  for (int digit = 0; digit < 7 || rest; ++digit, rest /= 10) {
    if (digit == 6) *--at = '.';
    *--at = char('0' + rest % 10);
  }
  if (negative && us) *--at = '-';
  const auto length = size_t(std::end(text) - at);
  if (length < kTimeColumns) out.append(kTimeColumns - length, ' ');
  out.append(at, length);
}

void append_symbols(std::string& out, const SymbolTable& table, uint64_t bits) {
  const size_t begin = out.size();
  const auto separate = [&] {
    if (out.size() != begin) out += '|';
  };
  uint64_t unnamed = 0;
  if (table.choice_mask) {
    const uint64_t choice = bits & table.choice_mask;
    const auto found = std::ranges::find(table.choices, choice, &Symbol::bits);
    if (found != table.choices.end())
      out += found->name;
    else
      unnamed = choice;
    bits &= ~table.choice_mask;
  }
  for (const Symbol& flag : table.flags) {
    if ((bits & flag.bits) != flag.bits) continue;
    separate();
    out += flag.name;
    bits &= ~flag.bits;
    if (bits == 0) break;
  }
  if (unnamed |= bits; unnamed) {
    separate();
    append_hex(out, unnamed);
  }
  if (out.size() == begin) out += '0';
}

void append_safe(std::string& out, std::string_view raw) {
  if (is_plain(raw))
    out += raw;
  else
    out += terminal_text(raw);
}

void append_quoted(std::string& out, std::string_view raw) {
  out += '"';
  while (true) {
    const size_t quote = raw.find('"');
    append_safe(out, raw.substr(0, quote));
    if (quote == std::string_view::npos) break;
    out += "\\\"";
    raw.remove_prefix(quote + 1);
  }
  out += '"';
}

void pad_to(std::string& out, size_t begin, size_t width) {
  const size_t used = out.size() - begin;
  out.append(used < width ? width - used : 1, ' ');
}

}  // namespace loopscope::trace_model
