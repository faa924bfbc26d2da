// SPDX-License-Identifier: Apache-2.0
// Durations, points in time and counts as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "trace-model/events.h"

namespace loopscope::trace_model {

[[nodiscard]] std::string duration_text(Ns duration);  // "640 ns", "1.2 ms", "34 s", "2 min 5 s"
[[nodiscard]] std::string time_text(Ns t);  // since the attach: "1.234 567 s", always with microseconds
[[nodiscard]] std::string count_text(uint64_t count);                      // "12 345"
[[nodiscard]] std::string counted(uint64_t count, std::string_view noun);  // "1 record", "12 records"

}  // namespace loopscope::trace_model
