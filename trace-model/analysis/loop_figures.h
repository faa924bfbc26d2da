// SPDX-License-Identifier: Apache-2.0
// The bursts of one loop in figures: how many, what woke it, where the time went, the worst of them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "trace-model/analysis/bursts.h"
#include "trace-model/duration_histogram.h"

namespace loopscope::trace_model {

inline constexpr size_t kSlowestKept = 16, kWakersKept = 16;
inline constexpr Ns kLoadWindow = 100'000'000;

// Who was running where the loop's thread was made runnable.
struct Waker {
  WakeContext context = WakeContext::Unknown;
  Pid tid = 0, pid = 0;
  std::string comm;
  const CallSpec* spec = nullptr;  // the call it was in, where it is traced
  uint64_t count = 0;
};

struct LoopFigures {
  uint64_t bursts = 0;  // finished ones, the first included though it may have begun before
  uint64_t overlap_loss = 0;
  uint64_t sleeps_assumed = 0;                 // from their length alone
  std::array<uint64_t, kWakeCauses> causes{};  // of bursts that began with a sleep
  uint64_t already_ready = 0;                  // waits that returned something without a sleep
  uint64_t looks = 0;                          // waits that returned nothing without a sleep
  uint64_t spurious = 0;                       // of the bursts: everything that was ready had nothing to give
  DurationHistogram length, delay, served;  // of bursts; made runnable until running; returned until served
  uint64_t delays_unknown = 0;              // bursts whose wake-up was not seen
  uint64_t unserved = 0;                    // ready, and not touched in the burst
  Ns running = 0, runnable = 0, blocked = 0, waited = 0;
  uint64_t switches = 0, calls = 0;
  Ns first = 0, last = 0;      // start of the first burst, end of the last
  Ns saturated = 0;            // in windows of kLoadWindow without any sleep
  std::vector<Waker> wakers;   // at most kWakersKept, and one for all others (tid -1)
  std::vector<Burst> slowest;  // the longest first, at most kSlowestKept

  void add(const Burst& burst);
  [[nodiscard]] double load()
      const;  // busy share of the time between first and last; 0 when nothing is known

 private:
  void add_busy(Ns start, Ns end);
  void add_waker(const Burst& burst);
  void keep_slowest(const Burst& burst);

  Ns window_ = INT64_MIN, window_busy_ = 0;
};

}  // namespace loopscope::trace_model
