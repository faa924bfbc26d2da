// SPDX-License-Identifier: Apache-2.0
// What the analysis remembers of a thread while it lives.
#pragma once

#include <array>

#include "trace-model/analysis/bursts.h"
#include "trace-model/analysis/links.h"

namespace loopscope::trace_model {

// A call that ended lately, to find what a thread was in at a certain time.
struct RecentCall {
  RecordId id = 0;
  const CallSpec* spec = nullptr;
  Ns t = 0, end = 0;
  int fd = -1;
  FileId file = 0;
};

struct RecentBurst {
  RecordId id = 0, root = 0;
  Ns start = 0, end = 0;
};

struct Activity {
  Burst burst;  // in progress, when in_burst
  bool in_burst = false;
  uint32_t next_unserved = 0;  // of burst.ready
  Ns last_end = 0;             // of the last call, or the return of the wait
  Ns off_since_last = 0;       // time off the CPU since then
  RecordId last_call = 0;
  FileId serving = 0;  // the connection last read from or written to
  int serving_fd = -1;
  Work work;  // of a thread that is not in a burst

  std::array<RecentCall, 8> recent{};
  uint32_t recent_next = 0;
  std::array<RecentBurst, 4> bursts{};
  uint32_t bursts_next = 0;

  [[nodiscard]] const RecentCall* call_at(Ns t) const;  // nullptr: none that is known
  // The burst in which this thread was at that time; nullptr: none that is known.
  [[nodiscard]] const RecentBurst* burst_at(Ns t) const;
};

}  // namespace loopscope::trace_model
