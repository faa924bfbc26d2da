// SPDX-License-Identifier: Apache-2.0
// Who is to be recorded, checked before anything is attached.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::tracer {

// `list` is "4711,4712". A thread's number stands for its process. Errors, one sentence each: not a number,
// no such process, a kernel thread, loopscope itself.
[[nodiscard]] std::expected<std::vector<trace_model::Pid>, std::string> parse_pids(
    const std::vector<std::string>& list);

[[nodiscard]] std::expected<void, std::string> check_target(trace_model::Pid pid);

// Processes that listen on this TCP port, in any network namespace that can be read.
[[nodiscard]] std::expected<std::vector<trace_model::Pid>, std::string> listening_on(uint16_t port);

// Why no thread of a process could be found to observe.
[[nodiscard]] std::string why_not_observed(trace_model::Pid pid);

// The command name of a process, for messages; raw bytes.
[[nodiscard]] std::string name_of(trace_model::Pid pid);

}  // namespace loopscope::tracer
