// SPDX-License-Identifier: Apache-2.0
// `loopscope import strace`: a log of strace as a trace.
#pragma once

#include <string>
#include <vector>

namespace loopscope::tracer {

struct ImportOptions {
  std::string log;     // "-": standard input
  std::string output;  // empty: a name made from the log's, in the current folder
};

// An exit code. Says on standard error what was imported and what could not be read.
[[nodiscard]] int import_strace_command(const ImportOptions& options,
                                        const std::vector<std::string>& command_line);

}  // namespace loopscope::tracer
