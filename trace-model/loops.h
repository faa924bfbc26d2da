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

#include "trace-model/duration_histogram.h"
#include "trace-model/events.h"

namespace loopscope::trace_model {

enum class WakeCause : uint8_t {
  NewConnection,  // a listener was ready, or accept returned a connection
  Data,
  Writable,
  HangUp,
  Notification,  // eventfd, pipe, signalfd, inotify
  Timer,         // timerfd
  Completion,    // io_uring
  Timeout,
  LookedWithoutSleeping,  // timeout 0, and nothing was there
  Signal,
  Error,
  Unknown,
};
inline constexpr size_t kWakeCauses = size_t(WakeCause::Unknown) + 1;
[[nodiscard]] std::string_view wake_cause_name(WakeCause cause);

[[nodiscard]] std::string_view wait_kind_name(WaitKind kind);  // as `report --json` writes it

// What one ready entry says. With several, the first is what woke a thread that slept: the kernel hands out
// its ready list in the order things became ready (fs/eventpoll.c, ep_send_events).
struct OpenFile;
[[nodiscard]] WakeCause cause_of(uint32_t events, const OpenFile* file);

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
};

// A call in progress that is a wait.
struct AsleepIn {
  RecordId pending = 0;  // 0: awake, as far as is known
  Ns since = 0, seen = 0;
  bool start_known = true;
  std::string_view call;
};

}  // namespace loopscope::trace_model
