// SPDX-License-Identifier: Apache-2.0
// The part that needs privileges, as a process of its own. `loopscope record` typed by an ordinary user opens
// the trace file and starts the command as that user; only this process runs through sudo. The two speak over
// a unix socket: sudo hands on no descriptors but the three standard ones, and may put a terminal of its own
// between.
//
//   front → recorder   {"options", "targets", "command_line", "file"} with the open trace file (SCM_RIGHTS)
//   recorder → front   {"ready":true}                 attached, state read; or {"failed":"sentence"}
//   front → recorder   {"go":true}, later {"stop":"reason"}; end of file means stop too
//   recorder → front   {"calls","lost","bytes","seconds","reason","report"}, or {"failed":"sentence"}
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "tracer/output_file.h"
#include "tracer/record_options.h"
#include "tracer/recording.h"

namespace loopscope::tracer {

// The first word of the command line that makes loopscope be that process. Not for users.
inline constexpr const char* kRecorderProcessWord = "recorder-process";

[[nodiscard]] int recorder_process(const std::string& socket_name);

struct ElevatedResult {
  RecordingTotals totals;
  std::string report;  // text
};

// Runs a recording through sudo. `on_ready` is called once everything is attached; its error ends the
// recording.
[[nodiscard]] std::expected<ElevatedResult, std::string> record_elevated(
    const RecordOptions& options, const std::vector<trace_model::Pid>& targets,
    const std::vector<std::string>& command_line, const OutputFile& file,
    const std::function<std::expected<void, std::string>()>& on_ready, const StopReason& stop, int wake_fd);

}  // namespace loopscope::tracer
