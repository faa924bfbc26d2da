// SPDX-License-Identifier: Apache-2.0
// One row of the timeline: what a thread did, what happened to a listener, what a ring worked on. Columns,
// not objects: 17 bytes an event and two for the summaries. Events stand in the order of their beginning and
// do not overlap; what would overlap goes into another row of the same group. An event keeps its index when
// those before it are dropped.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "viewer/logic/pyramid.h"

namespace loopscope::viewer {

// What an event is, for its colour, its letter and its place among others. At most 32.
enum class Look : uint8_t {
  Wait,  // asleep, hatched
  // Bursts, by what woke the loop.
  BurstConnection,
  BurstData,
  BurstNotify,
  BurstTimer,
  BurstCompletion,  // of a ring
  BurstOther,
  // Calls.
  Accept,
  Read,
  Write,
  Control,  // epoll_ctl and the like
  Open,     // of a file
  Connect,
  Looked,  // a wait that did not sleep
  Other,
  Operation,  // of a ring
  Runnable,   // off the CPU though it could run
  Blocked,
  Life,  // of a listener
  // Moments.
  MarkBind,
  MarkListen,
  MarkAdd,
  MarkMod,
  MarkDel,
  MarkAccept,
  MarkWakeup,
  MarkClose,
  MarkCompletion,
  MarkRecord,
};
inline constexpr size_t kLooks = size_t(Look::MarkRecord) + 1;
static_assert(kLooks <= 32);
[[nodiscard]] constexpr bool is_burst(Look look) {
  return look >= Look::BurstConnection && look <= Look::BurstOther;
}
[[nodiscard]] constexpr bool is_mark(Look look) {
  return look >= Look::MarkBind;
}

inline constexpr Ns kOpen = -1;  // the duration of what had not ended

class Lane {
 public:
  // `record`: its row in the table of records. Times must not decrease; one that does is moved to the last.
  // What had not ended ends where the next begins.
  void append(Ns start, Ns dur, Look look, uint8_t priority, uint32_t record);
  void end_last(Ns dur, Look look, uint32_t record);  // of an open event

  // What is not needed to draw from `t` on goes; the last event stays. How many that were.
  uint32_t drop_before(Ns t);

  // Everything goes, for good: its row of the timeline is another's from here on. Its numbers are not used
  // again.
  void clear();

  [[nodiscard]] uint32_t first() const { return first_; }  // events [first(), size()) are there
  [[nodiscard]] uint32_t size() const { return first_ + uint32_t(start_.size()); }
  [[nodiscard]] bool empty() const { return start_.empty(); }
  [[nodiscard]] bool has(uint32_t i) const { return i >= first_ && i < size(); }
  [[nodiscard]] Ns start(uint32_t i) const { return start_[i - first_]; }
  [[nodiscard]] Ns dur(uint32_t i) const;          // kOpen: it has not ended
  [[nodiscard]] Ns end(uint32_t i, Ns now) const;  // `now`: the end of the trace, for what is open
  [[nodiscard]] Look look(uint32_t i) const { return Look(look_[i - first_] & kLookBits); }
  [[nodiscard]] uint8_t priority(uint32_t i) const { return look_[i - first_] >> kPriorityShift; }  // 0 to 7
  [[nodiscard]] uint32_t record(uint32_t i) const { return record_[i - first_]; }

  // The first event that begins at or after t, looked for from `hint` on, which begins before it.
  [[nodiscard]] uint32_t first_from(Ns t, uint32_t hint = 0) const;
  [[nodiscard]] Summary summary(uint32_t begin, uint32_t end) const;

 private:
  [[nodiscard]] Summary summary_of(uint32_t i) const;

  static constexpr uint8_t kLookBits = 31, kPriorityShift = 5, kMostPriority = 7;
  static constexpr uint32_t kOpenDur = UINT32_MAX, kLongDur = UINT32_MAX - 1;
  [[nodiscard]] uint32_t short_form(uint32_t i, Ns dur);

  uint32_t first_ = 0;
  std::vector<Ns> start_;
  std::vector<uint32_t> dur_;
  std::vector<std::pair<uint32_t, Ns>> long_;  // durations that 32 bits do not hold, by event
  std::vector<uint8_t> look_;                  // and the priority
  std::vector<uint32_t> record_;
  Pyramid pyramid_;  // of all but a last event that has not ended
};

}  // namespace loopscope::viewer
