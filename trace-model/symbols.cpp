// SPDX-License-Identifier: Apache-2.0
#include "trace-model/symbols.h"

#include <charconv>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

std::optional<uint64_t> parse_hex(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + 2, end, value, 16);
  return error == std::errc() && at == end && text.size() > 2 ? std::optional(value) : std::nullopt;
}

}  // namespace

void append_names(const SymbolTable& table, uint64_t bits, std::vector<std::string>& names) {
  uint64_t unnamed = 0;
  if (table.choice_mask) {
    const uint64_t choice = bits & table.choice_mask;
    bool found = false;
    for (const Symbol& s : table.choices)
      if (s.bits == choice) {
        names.emplace_back(s.name);
        found = true;
        break;
      }
    if (!found) unnamed = choice;
    bits &= ~table.choice_mask;
  }
  for (const Symbol& s : table.flags)
    if ((bits & s.bits) == s.bits) {
      names.emplace_back(s.name);
      bits &= ~s.bits;
    }
  unnamed |= bits;
  if (unnamed) names.push_back(fmt::format("{:#x}", unnamed));
}

std::vector<std::string> names_of(const SymbolTable& table, uint64_t bits) {
  std::vector<std::string> names;
  append_names(table, bits, names);
  return names;
}

std::optional<uint64_t> bits_of(const SymbolTable& table, std::string_view name) {
  for (const Symbol& s : table.choices)
    if (s.name == name) return s.bits;
  for (const Symbol& s : table.flags)
    if (s.name == name) return s.bits;
  return parse_hex(name);
}

}  // namespace loopscope::trace_model
