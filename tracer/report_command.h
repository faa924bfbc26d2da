// SPDX-License-Identifier: Apache-2.0
// `loopscope report`: of a trace, or of a running process as /proc shows it.
#pragma once

#include <string>
#include <vector>

namespace loopscope::tracer {

struct ReportOptions {
  std::string file;               // empty: the newest in the current folder
  std::vector<std::string> pids;  // -p: a snapshot from /proc instead of a file
  bool json = false;
};

[[nodiscard]] int report_command(const ReportOptions& options, const std::vector<std::string>& command_line);

}  // namespace loopscope::tracer
