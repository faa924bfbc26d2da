// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/lane.h"

#include <algorithm>

namespace loopscope::viewer {

uint32_t Lane::short_form(uint32_t i, Ns dur) {
  if (dur == kOpen) return kOpenDur;
  dur = std::max<Ns>(dur, 0);
  if (dur < Ns(kLongDur)) return uint32_t(dur);
  long_.emplace_back(i, dur);
  return kLongDur;
}

Ns Lane::dur(uint32_t i) const {
  const uint32_t dur = dur_[i - first_];
  if (dur == kOpenDur) return kOpen;
  if (dur != kLongDur) return Ns(dur);
  return std::ranges::lower_bound(long_, i, {}, &std::pair<uint32_t, Ns>::first)->second;
}

void Lane::append(Ns start, Ns dur, Look look, uint8_t priority, uint32_t record) {
  if (!start_.empty()) {
    start = std::max(start, start_.back());
    end_last(trace_model::time_between(start_.back(), start), Lane::look(size() - 1), record_.back());
  }
  start_.push_back(start);
  dur_.push_back(short_form(size() - 1, dur));
  look_.push_back(uint8_t(uint8_t(look) | std::min(priority, kMostPriority) << kPriorityShift));
  record_.push_back(record);
  if (dur != kOpen) pyramid_.append(summary_of(size() - 1));
}

void Lane::end_last(Ns dur, Look look, uint32_t record) {
  if (dur_.empty() || dur_.back() != kOpenDur) return;
  dur_.back() = short_form(size() - 1, std::max<Ns>(dur, 0));
  look_.back() = uint8_t(uint8_t(look) | (look_.back() & ~kLookBits));
  record_.back() = record;
  pyramid_.append(summary_of(size() - 1));
}

Summary Lane::summary_of(uint32_t i) const {
  const Ns length = dur_[i - first_] == kOpenDur ? INT64_MAX : dur(i);
  return {length, i, 1, 1u << uint32_t(look(i)), priority(i), i};
}

Ns Lane::end(uint32_t i, Ns now) const {
  return dur_[i - first_] == kOpenDur ? std::max(now, start(i)) : trace_model::time_after(start(i), dur(i));
}

// Gallops: the next bucket of a picture is near the last.
uint32_t Lane::first_from(Ns t, uint32_t hint) const {
  uint32_t low = std::max(hint, first_) - first_;
  const auto count = uint32_t(start_.size());
  uint64_t step = 1;
  while (low + step < count && start_[low + step] < t) low += uint32_t(step), step *= 2;
  const uint32_t high = uint32_t(std::min<uint64_t>(count, low + step + 1));
  return first_ + uint32_t(std::lower_bound(start_.begin() + low, start_.begin() + high, t) - start_.begin());
}

uint32_t Lane::drop_before(Ns t) {
  if (start_.empty()) return 0;
  uint32_t keep = first_from(t);
  // What began before may still go on.
  if (keep > first_) --keep;
  const uint32_t count = keep - first_;
  if (count == 0) return 0;
  const auto cut = [count](auto& column) { column.erase(column.begin(), column.begin() + count); };
  cut(start_), cut(dur_), cut(look_), cut(record_);
  const auto kept = std::ranges::lower_bound(long_, keep, {}, &std::pair<uint32_t, Ns>::first);
  long_.erase(long_.begin(), kept);
  pyramid_.drop_before(keep);
  first_ = keep;
  return count;
}

void Lane::clear() {
  const uint32_t behind = size();
  *this = Lane();
  first_ = behind;
  pyramid_.begin_at(behind);
}

Summary Lane::summary(uint32_t begin, uint32_t end) const {
  begin = std::max(begin, first_);
  Summary sum = pyramid_.query(begin, end, [this](uint32_t i) { return summary_of(i); });
  if (begin < end && end > pyramid_.size() && pyramid_.size() < size()) sum.take(summary_of(size() - 1));
  return sum;
}

}  // namespace loopscope::viewer
