// SPDX-License-Identifier: Apache-2.0
// The records of a trace in another order than the file's. Of many only the first are put in order: who sorts
// ten million records looks at the top.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "viewer/logic/timeline.h"

namespace loopscope::viewer {

enum class RowOrder : uint8_t { Recorded, Time, Longest, Call, Failed, Thread };
inline constexpr std::array<const char*, 6> kRowOrders{"as recorded", "by time",      "longest first",
                                                       "by call",     "failed first", "by thread"};
inline constexpr size_t kMostOrdered = 100'000;

// `hits`: rows to take; nullptr: all that the table has. Rows that are equal stay as recorded; those without
// a time come last.
[[nodiscard]] std::vector<uint32_t> rows_in_order(const Timeline& timeline, const std::vector<uint32_t>* hits,
                                                  RowOrder order, size_t most = kMostOrdered);

}  // namespace loopscope::viewer
