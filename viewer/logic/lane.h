// SPDX-License-Identifier: Apache-2.0
// One row of the timeline: what a thread did, what happened to a listener, what a ring worked on. Columns, not
// objects: 22 bytes an event and two for the summaries. Events stand in the order of their beginning and do
// not overlap; what would overlap goes into another row of the same group.
#pragma once

#include <cstdint>
#include <vector>

#include "viewer/logic/pyramid.h"

namespace loopscope::viewer {

// What an event is, for its colour, its letter and its place among others. At most 32.
enum class Look : uint8_t {
  Wait,        // asleep, hatched
  Wakeup,      // the return of a wait: a burst begins
  Burst,
  Accept,
  Read,
  Write,
  Control,     // epoll_ctl and the like
  Open,        // of a file
  Connect,
  Other,
  Operation,   // of a ring
  Runnable,    // off the CPU though it could run
  Blocked,
  Lost,        // a gap
  Mark,        // a moment: bind, listen, ADD, …
};

inline constexpr Ns kOpen = -1;  // the duration of what had not ended

class Lane {
 public:
  // `record`: its row in the table of records. Times must not decrease; one that does is moved to the last.
  void append(Ns start, Ns dur, Look look, uint8_t priority, uint32_t record);
  void end_last(Ns dur);  // of an open event

  [[nodiscard]] uint32_t size() const { return uint32_t(start_.size()); }
  [[nodiscard]] Ns start(uint32_t i) const { return start_[i]; }
  [[nodiscard]] Ns dur(uint32_t i) const { return dur_[i]; }
  [[nodiscard]] Ns end(uint32_t i, Ns now) const;  // `now`: the end of the trace, for what is open
  [[nodiscard]] Look look(uint32_t i) const { return look_[i]; }
  [[nodiscard]] uint8_t priority(uint32_t i) const { return priority_[i]; }
  [[nodiscard]] uint32_t record(uint32_t i) const { return record_[i]; }

  // The first event that begins at or after t, looked for from `hint` on, which begins before it.
  [[nodiscard]] uint32_t first_from(Ns t, uint32_t hint = 0) const;
  [[nodiscard]] Summary summary(uint32_t begin, uint32_t end) const;

 private:
  [[nodiscard]] Summary summary_of(uint32_t i) const;

  std::vector<Ns> start_, dur_;
  std::vector<Look> look_;
  std::vector<uint8_t> priority_;
  std::vector<uint32_t> record_;
  Pyramid pyramid_;  // of all but a last event that has not ended
};

}  // namespace loopscope::viewer
