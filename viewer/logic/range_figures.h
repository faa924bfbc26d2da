// SPDX-License-Identifier: Apache-2.0
// What happened in a stretch of time: calls by name, and how each loop spent it.
#pragma once

#include <string>
#include <vector>

#include "viewer/logic/timeline.h"

namespace loopscope::viewer {

struct CallFigures {
  uint16_t what = 0;
  uint64_t count = 0, failed = 0;
  Ns total = 0, longest = 0, median = 0, p99 = 0;
  uint32_t lane = kNone, longest_at = kNone;  // where the longest is
};

struct LoopFigures {
  uint32_t track = kNone;
  uint64_t wakeups = 0;                // that begin in it
  Ns busy = 0, asleep = 0, ready = 0;  // within it; ready: could run, had no CPU
  uint64_t calls = 0;
  std::vector<std::pair<Look, uint64_t>> causes;  // of the wakeups, most frequent first
};

struct RangeFigures {
  Ns from = 0, until = 0;
  uint64_t calls = 0, wakeups = 0, completions = 0, accepted = 0, lost = 0;
  std::vector<CallFigures> by_call;  // by the time they took
  std::vector<LoopFigures> loops;    // the busiest first
  bool partial = false;              // there was too much of it to count it all
};

// Events that begin in [from, until); of bursts and sleeps the part that lies in it.
[[nodiscard]] RangeFigures figures_of(const Timeline& timeline, Ns from, Ns until);

}  // namespace loopscope::viewer
