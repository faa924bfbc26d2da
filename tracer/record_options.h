// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::tracer {

inline constexpr uint32_t kMostPeekBytes = 256;

struct RecordOptions {
  std::vector<trace_model::Pid> pids;
  std::optional<uint16_t> port;
  std::vector<std::string> command;  // launched and recorded from its first system call
  std::string output;                // empty: a name made of the target's and the time; "-": stdout
  std::optional<double> duration_s;
  uint64_t max_size_bytes = 1ull << 30;  // of the file; 0: no limit
  std::optional<double> last_s;          // keep only the newest seconds
  std::string calls;
  bool no_io = false;
  bool no_sched = false;
  uint32_t peek = 0;  // bytes that a request begins with
  bool no_follow = false;
  uint64_t buffer_bytes = 32ull << 20;
  bool quiet = false;
  bool watched = false;  // the trace goes to `watch`, which tells the rest
};

}  // namespace loopscope::tracer
