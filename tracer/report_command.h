// SPDX-License-Identifier: Apache-2.0
// `loopscope report`: of a trace, or of a running process as /proc shows it.
#pragma once

#include <string>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::tracer {

struct ReportOptions {
  std::string file;                    // empty: the newest in the current folder
  std::vector<trace_model::Pid> pids;  // -p: a snapshot from /proc instead of a file
  bool json = false;
};

// Prints to standard output; an exit code.
[[nodiscard]] int report_command(const ReportOptions& options, const std::vector<std::string>& command_line);

}  // namespace loopscope::tracer
