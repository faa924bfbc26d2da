// SPDX-License-Identifier: Apache-2.0
// What a loop did each time it woke. A burst runs from the return of a wait in which the thread slept to its
// next entry into such a wait; waits in between that did not sleep ("looked again") belong to it, and divide
// it into iterations. It is named by the id of the wait that began it.
//
// Times are those of the trace, durations are in nanoseconds. What lies inside a burst is
//   running + runnable + blocked == end - start
// as far as the scheduler was recorded (`scheduled`); else all of it counts as running.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trace-model/analysis/links.h"
#include "trace-model/events.h"
#include "trace-model/open_files.h"
#include "trace-model/wake_causes.h"

namespace loopscope::trace_model {

// Whether a wait slept. Without the scheduler's evidence a wait of kTakenForSleep or more is taken for a
// sleep.
enum class Slept : uint8_t { No, Yes, Likely };
inline constexpr Ns kTakenForSleep = 20'000;

inline constexpr size_t kMaxBurstReady = 64, kMaxBurstFiles = 8;

// One descriptor, or completion, that a wait of the burst returned.
struct ReadyFile {
  int fd = -1;      // -1: not known
  FileId file = 0;  // 0: not known
  FileKind kind = FileKind::Unknown;
  bool listening = false;
  bool nothing_there = false;  // the first call on it said EAGAIN
  uint8_t op = 0;              // of a completion: IORING_OP_…
  bool completion = false;
  uint32_t events = 0;
  Ns returned = 0;           // when the wait that named it returned
  std::optional<Ns> served;  // from then to the first call on it; absent: none in this burst
};

// How a thread came to run again after it slept. `by` is who ran where it was made runnable: the cause only
// in WakeContext::Task.
struct Woken {
  std::optional<Ns> t;  // made runnable; absent: not recorded
  Ns delay = 0;         // from then until it ran
  WakeContext context = WakeContext::Unknown;
  Pid by_pid = 0, by_tid = 0;
  std::string by_comm;
  RecordId by_call = 0;  // the call that thread was in, where it is traced
  const CallSpec* by_spec = nullptr;
};

// A time in which a burst did not go on: asleep in a call (`call` its id) or outside one that is recorded.
struct Stretch {
  RecordId record = 0;  // of the call or the `off`; of a stretch on the CPU: the call before it
  const CallSpec* spec = nullptr;
  Ns t = 0, dur = 0;
  int fd = -1;         // of the call
  FileId file = 0;     // likewise
  std::string path;    // likewise
  char state = 0;      // of Off; 0: on the CPU
  FileId serving = 0;  // the connection last read from or written to before it
  int serving_fd = -1;
};

struct OpenedPath {
  RecordId call = 0;
  Ns t = 0;
  std::string path;
  int error = 0;
};

struct Burst {
  RecordId id = 0;  // of the wait
  Pid pid = 0, tid = 0;
  WaitKind kind = WaitKind::None;
  FileId instance = 0;
  int fd = -1;  // of the epoll instance, ring or listener

  Slept slept = Slept::No;   // No: it is the first that was seen of its thread, so it may have begun before
  std::optional<Ns> waited;  // absent: the wait was in progress at the attach
  Woken woken;
  WakeCause cause = WakeCause::Unknown;
  Ns start = 0, end = 0;

  uint32_t iterations = 1;
  uint32_t looks = 0;        // waits inside it that returned nothing
  uint32_t found_ready = 0;  // waits inside it that returned something without a sleep
  uint64_t calls = 0;        // in it, waits that divide it not included
  uint32_t connections = 0;  // accepted
  uint32_t switches = 0;     // how often the thread left the CPU
  Ns runnable = 0, blocked = 0;
  bool scheduled = false;  // the scheduler was recorded
  bool overlaps_loss = false;
  bool unfinished = false;   // the trace, or the thread, ended in it
  Stretch longest_block;     // dur 0: none
  Stretch longest_runnable;  // likewise
  Stretch longest_run;       // the longest time on the CPU between two calls; counts while off are excluded

  std::vector<ReadyFile> ready;  // at most kMaxBurstReady
  uint32_t ready_total = 0;
  std::vector<OpenedPath> opened;  // the first kMaxBurstFiles
  uint32_t opened_total = 0;
  std::optional<Link> caused_by;  // a traced thread that notified the loop, or let it run
  RecordId root = 0;  // the burst in which that work began; the burst itself where it is the first

  // Of `ready` those that the wait itself returned come first; looks within the burst found the others.
  [[nodiscard]] size_t woken_by() const {
    size_t count = 0;
    while (count < ready.size() && ready[count].returned <= start) ++count;
    return count;
  }
  [[nodiscard]] Ns length() const { return time_between(start, end); }
  [[nodiscard]] Ns running() const { return time_between(blocked, time_between(runnable, length())); }
};

}  // namespace loopscope::trace_model
