// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/log_clock.h"

#include <algorithm>

#include "trace-model/times.h"

namespace loopscope::exchange::strace {
namespace {

using trace_model::time_between;

constexpr Ns kSecond = 1'000'000'000, kDay = 24 * 3600 * kSecond;

}  // namespace

Ns LogClock::at(const LogLine& line) {
  const bool first_line = !begun_;
  begun_ = true;
  if (kind_ == TimeKind::None && line.time_kind != TimeKind::None && (first_line || !first_)) {
    kind_ = line.time_kind;
    first_ = time_between(now_, line.time);  // lines before it, if any, had none
    if (kind_ == TimeKind::Epoch) epoch_ = first_;
  }
  if (line.time_kind == TimeKind::None || line.time_kind != kind_) {
    if (kind_ == TimeKind::None && !first_line) now_ = trace_model::time_after(now_, kStep);
    return now_;
  }
  if (kind_ == TimeKind::Relative) return now_ = first_line ? 0 : trace_model::time_after(now_, line.time);
  Ns t = trace_model::time_after(trace_model::time_between(*first_, line.time), offset_);
  if (kind_ == TimeKind::DayTime && t < now_ - kDay / 2) {
    offset_ = trace_model::time_after(offset_, kDay);
    t = trace_model::time_after(t, kDay);
  }
  if (t < now_ - kSecond) {  // set back: go on from here
    ++steps_back_;
    offset_ = trace_model::time_after(offset_, time_between(t, now_));
    t = now_;
  }
  return now_ = std::max(t, now_);
}

}  // namespace loopscope::exchange::strace
