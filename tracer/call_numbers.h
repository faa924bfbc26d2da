// SPDX-License-Identifier: Apache-2.0
// System call numbers of this machine, and how the kernel side is to observe each call.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bpf/wire_events.h"
#include "trace-model/call_table.h"

namespace loopscope::tracer {

// nullptr for numbers this machine does not have or loopscope does not know.
[[nodiscard]] const trace_model::CallSpec* call_by_number(uint32_t nr);

// Not every call exists on every machine: arm64 has no open, epoll_wait or poll.
[[nodiscard]] std::optional<uint32_t> number_of(const trace_model::CallSpec& call);

// What the kernel side does for a wanted call.
[[nodiscard]] call_shape shape_of(const trace_model::CallSpec& call);

}  // namespace loopscope::tracer
