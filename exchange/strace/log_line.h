// SPDX-License-Identifier: Apache-2.0
// What stands before the call on a line of strace's log: who, and when. In the order in which strace prints
// it (strace.c, printleader):
//   [pid 4711]  or  4711  (with -o), each perhaps with a name behind it, 4711<python3> (-Y)
//   -t 12:34:56   -tt 12:34:56.123456   -ttt 1700000000.123456   -r "     0.000123", or (+ 0.000123) behind
//   those [ 232] (-n)   [00007f1c2d3e4f50] (-i)
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "trace-model/events.h"

namespace loopscope::exchange::strace {

using trace_model::Ns;
using trace_model::Pid;

enum class TimeKind : uint8_t {
  None,
  Epoch,     // since 1970
  DayTime,   // since midnight
  Relative,  // since the line before
};

struct LogLine {
  Pid tid = 0;            // 0: the line names none
  std::string_view comm;  // with -Y
  TimeKind time_kind = TimeKind::None;
  Ns time = 0;
  std::string_view text;  // the rest
};

[[nodiscard]] LogLine read_log_line(std::string_view line);

}  // namespace loopscope::exchange::strace
