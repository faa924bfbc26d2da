// SPDX-License-Identifier: Apache-2.0
// Faults by the names that --bug takes: a table of pairs, "none" among them.
#pragma once

#include <string>
#include <vector>

namespace loopscope::sample_servers {

// A name that is not in the table is no fault.
template <typename Table>
auto fault_named(const Table& table, const std::string& name) {
  using Named = decltype(table.front().second);
  for (const auto& [known, fault] : table)
    if (known == name) return fault;
  return Named::None;
}

template <typename Table>
std::vector<std::string> fault_names(const Table& table) {
  std::vector<std::string> all;
  all.reserve(table.size());
  for (const auto& [name, fault] : table) all.emplace_back(name);
  return all;
}

}  // namespace loopscope::sample_servers
