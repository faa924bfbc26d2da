// SPDX-License-Identifier: Apache-2.0
// The wall clock at t 0 of a trace, from its header.
#pragma once

#include <string_view>

#include "trace-model/events.h"

namespace loopscope::exchange {

// Nanoseconds since 1970 of "2026-11-22T10:00:00.123456789Z"; 0 where it is none.
[[nodiscard]] trace_model::Ns epoch_of(std::string_view started);

}  // namespace loopscope::exchange
