// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "trace-model/events.h"

namespace loopscope::trace_model {

// "slept 20.1ms, woken by curl 4800, ran 12us later"
void append_off(std::string& out, const Off& off);

}  // namespace loopscope::trace_model
