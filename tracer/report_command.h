// SPDX-License-Identifier: Apache-2.0
// `loopscope report`: of a trace, or of a running process as /proc shows it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trace-model/analysis/requests.h"
#include "trace-model/events.h"
#include "trace-model/findings/thresholds.h"
#include "trace-model/story/part_of_trace.h"

namespace loopscope::tracer {

struct ReportOptions {
  std::string file;                    // empty: the newest in the current folder
  std::vector<trace_model::Pid> pids;  // -p: a snapshot from /proc instead of a file
  bool json = false;
  trace_model::RequestOptions requests;
  trace_model::Thresholds thresholds;  // from where on something is a finding
  std::vector<std::string> sections;   // of the text; empty: all
  bool histogram = false, verbose = false;
  std::optional<trace_model::Bound> from, to;
  bool timeline = false;
  trace_model::RecordId explain = 0;  // 0: not asked
  std::string opened;                 // which wakeups opened paths that contain this
};

// Prints to standard output; an exit code.
[[nodiscard]] int report_command(const ReportOptions& options, const std::vector<std::string>& command_line);

}  // namespace loopscope::tracer
