// SPDX-License-Identifier: Apache-2.0
// `loopscope watch`: bursts as they happen. The recorder runs in a process of its own and writes its trace to
// a pipe; this one reads it as any reader does.
#pragma once

#include <string>
#include <vector>

#include "tracer/record_options.h"

namespace loopscope::tracer {

struct WatchOptions {
  RecordOptions record;
  trace_model::Ns slower_ns = 0;  // bursts of this length and more
  bool top = false;               // one row per loop, every second
};

[[nodiscard]] int watch_command(WatchOptions options, const std::vector<std::string>& command_line);

}  // namespace loopscope::tracer
