// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/pyramid.h"

#include <algorithm>

namespace loopscope::viewer {

void Summary::take(const Summary& other) {
  if (other.longest > longest) longest = other.longest, longest_at = other.longest_at;
  if (other.priority > priority || (count == 0 && other.count != 0))
    priority = other.priority, priority_at = other.priority_at;
  count += other.count;
  kinds |= other.kinds;
}

// A level with a single node sums up everything, so those above it begin when it gets its second.
void Pyramid::append(const Summary& event) {
  uint32_t index = size_++;
  for (std::size_t k = 0; k < kLevels; ++k) {
    std::vector<Summary>& level = levels_[k];
    index >>= kShift;
    if (index == 0 && level.empty() && k > 0) level.push_back(levels_[k - 1].front());
    if (index == level.size() + dropped_[k])
      level.push_back(event);
    else
      level[index - dropped_[k]].take(event);
    if (index == 0 && level.size() == 1) return;
  }
}

void Pyramid::begin_at(uint32_t index) {
  size_ = index;
  for (std::size_t k = 0; k < kLevels && index > 0; ++k) {
    dropped_[k] = size_ >> (kShift * (k + 1));
    if (dropped_[k] > 0) continue;
    levels_[k].emplace_back();  // sums up everything, so far nothing
    return;
  }
}

void Pyramid::drop_before(uint32_t first) {
  for (std::size_t k = 0; k < kLevels; ++k) {
    // The last node is still to be added to.
    const uint32_t nodes = uint32_t(levels_[k].size()) + dropped_[k];
    const uint32_t wanted = std::min(first >> (kShift * (k + 1)), nodes == 0 ? 0 : nodes - 1);
    if (wanted <= dropped_[k]) continue;
    levels_[k].erase(levels_[k].begin(), levels_[k].begin() + (wanted - dropped_[k]));
    dropped_[k] = wanted;
  }
}

}  // namespace loopscope::viewer
