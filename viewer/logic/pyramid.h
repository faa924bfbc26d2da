// SPDX-License-Identifier: Apache-2.0
// Summaries over the events of one lane, so that any stretch of it is known without a look at each event. A
// node of level k sums up 16^(k+1) events; appending touches the last node of each level, and a query takes
// whole nodes wherever it can: about one byte an event, and at most 30 nodes a level.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::viewer {

using trace_model::Ns;

struct Summary {
  Ns longest = -1;          // its duration; -1: no event
  uint32_t longest_at = 0;  // its index in the lane
  uint32_t count = 0;
  uint32_t kinds = 0;        // bit k: an event of kind k (kind & 31)
  uint8_t priority = 0;      // the highest of any event: what must not be hidden by zooming out
  uint32_t priority_at = 0;  // the first event that has it

  void take(const Summary& other);
};

class Pyramid {
 public:
  void append(const Summary& event);  // of one event; its index is the number of events before it
  [[nodiscard]] uint32_t size() const { return size_; }
  // Of an empty one: the next event has this index, and those before it are never asked for.
  void begin_at(uint32_t index);
  // Forgets what only earlier events need; indexes stay. Queries must begin at `first` or later from then on.
  void drop_before(uint32_t first);

  // Of the events [begin, end), of which `event(i)` gives the summary of one.
  template <typename Event>
  [[nodiscard]] Summary query(uint32_t begin, uint32_t end, Event&& event) const;

 private:
  static constexpr uint32_t kFanOut = 16, kShift = 4;
  static constexpr std::size_t kLevels = 7;  // 16^7 events: 268 million

  [[nodiscard]] const Summary& node(std::size_t level, uint32_t index) const {
    return levels_[level][index - dropped_[level]];
  }

  std::array<std::vector<Summary>, kLevels> levels_;
  std::array<uint32_t, kLevels> dropped_{};  // nodes of each level that are gone
  uint32_t size_ = 0;
};

template <typename Event>
Summary Pyramid::query(uint32_t begin, uint32_t end, Event&& event) const {
  Summary sum;
  end = end < size_ ? end : size_;
  // Up: the ragged beginning of each level, then of the next; down again for the ragged ends.
  std::size_t level = 0;
  uint32_t from = begin, unit = 1;
  const auto take = [&](std::size_t at_level, uint32_t index) {
    sum.take(at_level == 0 ? event(index) : node(at_level - 1, index));
  };
  while (level < kLevels && from + unit <= end) {
    const uint32_t index = from / unit;
    if (index % kFanOut == 0 && level + 1 <= kLevels && uint64_t(from) + uint64_t(unit) * kFanOut <= end) {
      ++level;
      unit *= kFanOut;
      continue;
    }
    take(level, index);
    from += unit;
  }
  while (from < end) {
    while (unit > 1 && from + unit > end) unit /= kFanOut, --level;
    take(level, from / unit);
    from += unit;
  }
  return sum;
}

}  // namespace loopscope::viewer
