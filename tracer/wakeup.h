// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace loopscope::tracer {

// Sleeps until `fd` is readable (-1: none) or `limit` has passed.
void wait_readable(int fd, std::chrono::milliseconds limit);

}  // namespace loopscope::tracer
