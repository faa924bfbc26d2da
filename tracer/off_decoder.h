// SPDX-License-Identifier: Apache-2.0
// Time off the CPU, from the wire to a trace.
#pragma once

#include "bpf/wire_events.h"
#include "trace-model/events.h"

namespace loopscope::tracer {

// `start_ns`: the trace's t 0.
[[nodiscard]] trace_model::Off decode_off(const wire_off& record, uint64_t start_ns);

}  // namespace loopscope::tracer
