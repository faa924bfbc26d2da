// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bpf/wire_events.h"
#include "trace-model/events.h"

namespace loopscope::tracer {

// A socket as the kernel side read it, in the words of docs/trace-format.md.
[[nodiscard]] trace_model::SocketInfo socket_info(const wire_socket& socket);

}  // namespace loopscope::tracer
