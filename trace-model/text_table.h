// SPDX-License-Identifier: Apache-2.0
// Columns for a terminal, as wide as what stands in them.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace loopscope::trace_model {

using TableRow = std::vector<std::string>;

// A line for each row, without the spaces at its end; all rows have as many columns. Those named in
// `to_the_right` are numbers.
[[nodiscard]] std::vector<std::string> table_lines(const std::vector<TableRow>& rows,
                                                   std::initializer_list<size_t> to_the_right = {});

}  // namespace loopscope::trace_model
