// SPDX-License-Identifier: Apache-2.0
#include "trace-model/text_table.h"

#include <algorithm>

#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {

std::vector<std::string> table_lines(const std::vector<TableRow>& rows,
                                     std::initializer_list<size_t> to_the_right) {
  std::vector<size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const TableRow& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], column_count(row[i]));
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const TableRow& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - column_count(row[i]), ' ');
      const bool right = std::ranges::find(to_the_right, i) != to_the_right.end();
      line += (right ? space + row[i] : row[i] + space) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace loopscope::trace_model
