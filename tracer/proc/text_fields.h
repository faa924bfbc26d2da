// SPDX-License-Identifier: Apache-2.0
// Taking the kernel's text files apart without copying. The next_… functions remove from the front of `rest`
// what they return.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace loopscope::tracer {

[[nodiscard]] inline std::string_view next_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line;
}

// The next run of characters that are neither space nor tab; empty at the end.
[[nodiscard]] inline std::string_view next_field(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  const std::string_view field = rest.substr(0, rest.find_first_of(" \t\n"));
  rest.remove_prefix(field.size());
  return field;
}

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\n") + 1);
}

// The whole of `text` as a number; with base 16 a leading 0x is allowed. Nothing when it is not one or does
// not fit.
template <typename T>
[[nodiscard]] std::optional<T> number(std::string_view text, int base = 10) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  T value{};
  const char* begin = std::to_address(text.begin());
  const char* end = std::to_address(text.end());
  const auto [at, error] = std::from_chars(begin, end, value, base);
  return error == std::errc() && at == end && !text.empty() ? std::optional(value) : std::nullopt;
}

// 4026531840 of "net:[4026531840]".
[[nodiscard]] inline std::optional<uint64_t> bracketed_number(std::string_view text) {
  const size_t open = text.find(":[");
  if (open == text.npos || !text.ends_with(']')) return std::nullopt;
  return number<uint64_t>(text.substr(open + 2, text.size() - open - 3));
}

}  // namespace loopscope::tracer
