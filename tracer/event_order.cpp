// SPDX-License-Identifier: Apache-2.0
#include "tracer/event_order.h"

#include <algorithm>

namespace loopscope::tracer {

void EventOrder::add(uint64_t time_ns, std::span<const std::byte> record) {
  entries_.push_back({time_ns, bytes_.size(), record.size()});
  bytes_.insert(bytes_.end(), record.begin(), record.end());
}

void EventOrder::add(uint64_t time_ns, Observation observation) {
  entries_.push_back({time_ns, others_.size(), 0});
  others_.push_back(std::move(observation));
}

void EventOrder::release(uint64_t watermark_ns, const WireSink& wire, const ObservationSink& other) {
  const auto waiting = std::span(entries_).subspan(released_);
  if (waiting.empty()) return;
  if (!std::ranges::is_sorted(waiting, {}, &Entry::time_ns))
    std::ranges::stable_sort(waiting, {}, &Entry::time_ns);
  for (bool more = true; more && released_ < entries_.size() && entries_[released_].time_ns < watermark_ns;
       ++released_) {
    const Entry& entry = entries_[released_];
    more = entry.size ? wire(std::span(bytes_).subspan(entry.at, entry.size)) : other(others_[entry.at]);
  }
  // Moving what is left is worth it only when it is the smaller part.
  if (released_ > entries_.size() - released_) forget_released();
}

void EventOrder::forget_released() {
  std::vector<std::byte> bytes;
  std::vector<Observation> others;
  bytes.reserve(bytes_.size());
  for (Entry& entry : std::span(entries_).subspan(released_)) {
    if (entry.size) {
      const size_t at = bytes.size();
      bytes.insert(bytes.end(), bytes_.begin() + ptrdiff_t(entry.at),
                   bytes_.begin() + ptrdiff_t(entry.at + entry.size));
      entry.at = at;
    } else {
      others.push_back(std::move(others_[entry.at]));
      entry.at = others.size() - 1;
    }
  }
  entries_.erase(entries_.begin(), entries_.begin() + ptrdiff_t(released_));
  released_ = 0;
  bytes_ = std::move(bytes);
  others_ = std::move(others);
}

}  // namespace loopscope::tracer
