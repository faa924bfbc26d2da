// SPDX-License-Identifier: Apache-2.0
// So few descriptors that a server runs out of them.
#pragma once

#include <sys/resource.h>

#include <algorithm>

namespace loopscope::sample_servers {

// Of this process from now on. It never raises the limit.
inline void limit_descriptors(rlim_t most) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min(limit.rlim_cur, most);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace loopscope::sample_servers
