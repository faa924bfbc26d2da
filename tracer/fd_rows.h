// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "bpf/wire_events.h"
#include "trace-model/events.h"

namespace loopscope::tracer {

// A descriptor as the iterator found it, with the link of /proc/PID/fd where it has one. Identities and times
// are the caller's to set.
[[nodiscard]] trace_model::FdRow fd_row(const wire_fd_row& row, std::string_view link);

}  // namespace loopscope::tracer
