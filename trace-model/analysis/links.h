// SPDX-License-Identifier: Apache-2.0
// How work goes from one thread to another. A link is certain where the trace shows the hand-over itself (a
// thread was created; bytes that one thread wrote to an eventfd or a pipe were waited for by the other), and
// likely where only the scheduler's evidence exists: the one made the other runnable, which a lock can do as
// well as a queue.
//
// A thread's work begins with the burst of a loop and goes on in the threads that its links lead to. It is
// followed through at most kMaxLinks links.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/open_files.h"

namespace loopscope::trace_model {

enum class LinkHow : uint8_t { Created, Woken, Eventfd, Pipe, Socketpair, Signal };
[[nodiscard]] std::string_view link_how_name(LinkHow how);

struct Link {
  LinkHow how = LinkHow::Woken;
  bool certain = false;
  Pid from_tid = 0, to_tid = 0;
  Ns t = 0;
  RecordId evidence = 0;  // the fork, the write, or the record that tells of the wake-up
  RecordId root = 0;      // the burst this work began in
};

inline constexpr size_t kMaxLinks = 8;

struct Work {
  RecordId root = 0;  // 0: none known
  Pid root_tid = 0;
  std::vector<Link> path;  // from the root's thread to this one; empty: it is the root's

  [[nodiscard]] bool certain() const;
};

// What counts as the same piece of work: a thread that slept no longer than this before another woke it is
// taken to have waited for a lock (CPython hands its interpreter lock on every 5 ms), and keeps its work; but
// not where it was asleep already when the burst of the loop that woke it began: a loop that sleeps holds no
// lock, so this is new work.
inline constexpr Ns kLockWait = 6'000'000;

}  // namespace loopscope::trace_model
