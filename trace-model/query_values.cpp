// SPDX-License-Identifier: Apache-2.0
#include "trace-model/query_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace loopscope::trace_model {
namespace {

struct Unit {
  std::string_view name;
  double ns;
};
constexpr Unit kUnits[]{{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1}};

template <typename Number>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc() && at == end && !text.empty() ? std::optional(value) : std::nullopt;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}
bool same_letter(char a, char b) {
  return lower(a) == lower(b);
}
bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, same_letter);
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const auto hex = whole_number<uint64_t>(text.substr(2), 16);
    return hex ? std::optional(int64_t(*hex)) : std::nullopt;
  }
  if (const auto number = whole_number<int64_t>(text)) return number;
  const auto big = whole_number<uint64_t>(text);
  return big ? std::optional(int64_t(*big)) : std::nullopt;
}

std::optional<int64_t> parse_octal(std::string_view text) {
  return whole_number<int64_t>(text, 8);
}

std::optional<int64_t> parse_duration(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.name.size());
    if (const auto whole = whole_number<int64_t>(number); whole && unit.ns == 1) return whole;
    double value = 0;
    const char* end = number.data() + number.size();
    const auto [at, error] = std::from_chars(number.data(), end, value, std::chars_format::fixed);
    if (error != std::errc() || at != end || number.empty()) return std::nullopt;
    const double ns = std::round(value * unit.ns);
    return std::abs(ns) < 9.2e18 ? std::optional(int64_t(ns)) : std::nullopt;
  }
  return std::nullopt;
}

std::vector<std::string_view> alternatives_of(std::string_view value) {
  std::vector<std::string_view> all;
  for (;;) {
    const size_t comma = value.find(',');
    all.push_back(value.substr(0, comma));
    if (comma == std::string_view::npos) return all;
    value.remove_prefix(comma + 1);
  }
}

bool names(std::string_view value, std::string_view name, bool contains) {
  if (value.empty()) return false;
  if (contains) return !std::ranges::search(name, value, same_letter).empty();
  if (value.size() > name.size()) return false;
  const std::string_view before = name.substr(0, name.size() - value.size());
  if (!same_letters(name.substr(before.size()), value)) return false;
  return before.empty() || before.ends_with('_') || before == "EPOLL" || before == "POLL";
}

std::vector<BitTest> bit_tests(const SymbolTable& table, std::string_view value, bool contains) {
  std::vector<BitTest> tests;
  for (const Symbol& choice : table.choices)
    if (names(value, choice.name, contains)) tests.push_back({table.choice_mask, choice.bits});
  for (const Symbol& flag : table.flags)
    if (names(value, flag.name, contains)) tests.push_back({flag.bits, flag.bits});
  if (const auto number = contains ? std::nullopt : parse_integer(value))
    tests.push_back({~uint64_t{0}, uint64_t(*number)});
  return tests;
}

}  // namespace loopscope::trace_model
