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
  if (entries_.empty()) return;
  if (!std::ranges::is_sorted(entries_, {}, &Entry::time_ns)) std::ranges::stable_sort(entries_, {}, &Entry::time_ns);
  size_t next = 0;
  for (; next < entries_.size() && entries_[next].time_ns < watermark_ns; ++next) {
    const Entry& entry = entries_[next];
    if (entry.size)
      wire(std::span(bytes_).subspan(entry.at, entry.size));
    else
      other(others_[entry.at]);
  }
  keep_from(next);
}

void EventOrder::keep_from(size_t first) {
  if (first == 0) return;
  std::vector<std::byte> bytes;
  std::vector<Observation> others;
  for (size_t i = first; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
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
  entries_.erase(entries_.begin(), entries_.begin() + ptrdiff_t(first));
  bytes_ = std::move(bytes);
  others_ = std::move(others);
}

}  // namespace loopscope::tracer
