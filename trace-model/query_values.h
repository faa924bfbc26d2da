// SPDX-License-Identifier: Apache-2.0
// The values of a query: numbers, times, names of flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "trace-model/query_term.h"
#include "trace-model/symbols.h"

namespace loopscope::trace_model {

[[nodiscard]] std::optional<int64_t> parse_integer(
    std::string_view text);  // -5, 0x1f; of 64 bits without a sign too
[[nodiscard]] std::optional<int64_t> parse_octal(std::string_view text);     // 644, 0644
[[nodiscard]] std::optional<int64_t> parse_duration(std::string_view text);  // 10ms, 1.5s, 900 (ns), -1

[[nodiscard]] std::vector<std::string_view> alternatives_of(std::string_view value);  // at commas

// Whether `name` is what `value` says: all of it or its end from behind an underscore, EPOLL or POLL; with
// `contains`, any part. Capitals do not matter.
[[nodiscard]] bool names(std::string_view value, std::string_view name, bool contains);

// The bits of every name of the table that `value` says, or of the number it is. Empty: none.
[[nodiscard]] std::vector<BitTest> bit_tests(const SymbolTable& table, std::string_view value, bool contains);

}  // namespace loopscope::trace_model
