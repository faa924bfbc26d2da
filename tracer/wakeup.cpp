// SPDX-License-Identifier: Apache-2.0
#include "tracer/wakeup.h"

#include <poll.h>

namespace loopscope::tracer {

void wait_readable(int fd, std::chrono::milliseconds limit) {
  pollfd one{fd, POLLIN, 0};
  poll(&one, fd < 0 ? 0 : 1, int(limit.count()));
}

}  // namespace loopscope::tracer
