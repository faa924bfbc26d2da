// SPDX-License-Identifier: Apache-2.0
#include "trace-model/analysis/loop_figures.h"

#include <algorithm>

namespace loopscope::trace_model {

void LoopFigures::add(const Burst& burst) {
  if (bursts++ == 0) first = burst.start;
  last = std::max(last, burst.end);
  overlap_loss += burst.overlaps_loss;
  sleeps_assumed += burst.slept == Slept::Likely;
  if (burst.slept != Slept::No) {
    ++causes[size_t(burst.cause)];
    add_waker(burst);
    if (burst.waited) waited = time_after(waited, *burst.waited);
    if (burst.woken.t)
      delay.add(burst.woken.delay);
    else
      ++delays_unknown;
  }
  spurious += burst.cause == WakeCause::Spurious;
  const bool awake = burst.slept == Slept::No;  // the wait that began it is one of those that did not sleep
  looks += burst.looks + (awake && burst.cause == WakeCause::LookedWithoutSleeping);
  already_ready += burst.found_ready + (awake && burst.cause == WakeCause::AlreadyReady);
  for (const ReadyFile& ready : burst.ready) {
    if (ready.completion) continue;
    if (ready.served)
      served.add(*ready.served);
    else
      ++unserved;
  }
  length.add(burst.length());
  running = time_after(running, burst.running());
  runnable = time_after(runnable, burst.runnable);
  blocked = time_after(blocked, burst.blocked);
  switches += burst.switches;
  calls += burst.calls;
  add_busy(burst.start, burst.end);
  keep_slowest(burst);
}

double LoopFigures::load() const {
  const Ns span = time_between(first, last);
  const double busy = double(running) + double(runnable) + double(blocked);
  return span > 0 ? std::clamp(busy / double(span), 0.0, 1.0) : 0;
}

// Windows are counted as bursts end. A burst that covers several ends the first, fills those in between and
// begins the last.
void LoopFigures::add_busy(Ns start, Ns end) {
  constexpr Ns kPlausible = INT64_MAX / 4;  // 73 years: what lies beyond is damage, and must not overflow
  if (end <= start || start < -kPlausible || end > kPlausible) return;
  const Ns from = start / kLoadWindow, to = end / kLoadWindow;
  constexpr Ns kFull = kLoadWindow - kLoadWindow / 100;
  const auto close = [this](Ns busy) {
    if (busy >= kFull) saturated = time_after(saturated, kLoadWindow);
  };
  if (from != window_) {
    close(window_busy_);
    window_ = from;
    window_busy_ = 0;
  }
  if (from == to) {
    window_busy_ += end - start;
    return;
  }
  close(window_busy_ + (from + 1) * kLoadWindow - start);
  saturated = time_after(saturated, (to - from - 1) * kLoadWindow);
  window_ = to;
  window_busy_ = end - to * kLoadWindow;
}

void LoopFigures::add_waker(const Burst& burst) {
  const Woken& woken = burst.woken;
  if (!woken.t) return;
  for (Waker& known : wakers)
    if (known.context == woken.context && known.tid == woken.by_tid && known.spec == woken.by_spec) {
      ++known.count;
      if (known.comm != woken.by_comm) known.comm = woken.by_comm;
      return;
    }
  if (wakers.size() < kWakersKept) {
    wakers.push_back({woken.context, woken.by_tid, woken.by_pid, woken.by_comm, woken.by_spec, 1});
    return;
  }
  if (wakers.size() == kWakersKept) wakers.push_back({WakeContext::Unknown, -1, -1, "", nullptr, 0});
  ++wakers.back().count;
}

void LoopFigures::keep_slowest(const Burst& burst) {
  if (burst.slept == Slept::No) return;  // it may have begun before
  if (slowest.size() == kSlowestKept && slowest.back().length() >= burst.length()) return;
  const auto longer = [](const Burst& a, const Burst& b) { return a.length() > b.length(); };
  if (slowest.size() == kSlowestKept) slowest.pop_back();
  slowest.insert(std::ranges::upper_bound(slowest, burst, longer), burst);
}

}  // namespace loopscope::trace_model
