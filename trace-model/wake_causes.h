// SPDX-License-Identifier: Apache-2.0
// What ends a wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loopscope::trace_model {

enum class WakeCause : uint8_t {
  NewConnection,  // a listener was ready, or accept returned a connection
  Data,
  Writable,
  HangUp,
  Notification,  // eventfd, pipe, signalfd, inotify
  Timer,         // timerfd
  Completion,    // io_uring
  NestedEpoll,   // an epoll instance that has something ready itself
  Timeout,
  LookedWithoutSleeping,  // timeout 0, and nothing was there
  AlreadyReady,           // returned something without having slept
  Spurious,               // slept, and nothing that it returned had anything to give
  Signal,
  Error,
  Unknown,
};
inline constexpr size_t kWakeCauses = size_t(WakeCause::Unknown) + 1;
[[nodiscard]] std::string_view wake_cause_name(WakeCause cause);

// What one ready entry says. With several, the first is what woke a thread that slept: the kernel hands out
// its ready list in the order things became ready (fs/eventpoll.c, ep_send_events).
struct OpenFile;
[[nodiscard]] WakeCause cause_of(uint32_t events, const OpenFile* file);

}  // namespace loopscope::trace_model
