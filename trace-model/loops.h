// SPDX-License-Identifier: Apache-2.0
// How each thread waits, and what ended its waits. A loop is one thread waiting in one way on one thing: a
// thread that waits on two epoll instances has two, and one that never returns from its wait has one with no
// iteration.
//
// An iteration runs from the return of a wait to the thread's next entry into any wait.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "trace-model/analysis/loop_figures.h"
#include "trace-model/duration_histogram.h"
#include "trace-model/events.h"
#include "trace-model/wake_causes.h"

namespace loopscope::trace_model {

[[nodiscard]] std::string_view wait_kind_name(WaitKind kind);  // as `report --json` writes it

struct Loop {
  Pid pid = 0, tid = 0;
  WaitKind kind = WaitKind::None;
  FileId instance = 0;  // epoll instance, ring, or listener accepted from; 0 for poll and select
  int fd = -1;          // its number in the last wait
  Ns first = 0;
  uint64_t iterations = 0;  // waits that returned
  std::array<uint64_t, kWakeCauses> wakeups{};
  DurationHistogram busy;  // iterations
  DurationHistogram wait;  // waits that were allowed to sleep
  LoopFigures figures;     // kept by Analysis
};

// A call in progress that is a wait.
struct AsleepIn {
  RecordId pending = 0;  // 0: awake, as far as is known
  Ns since = 0, seen = 0;
  bool start_known = true;
  std::string_view call;
};

}  // namespace loopscope::trace_model
