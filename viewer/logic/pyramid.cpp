// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/pyramid.h"

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
  uint32_t node = size_++;
  for (std::size_t k = 0; k < kLevels; ++k) {
    std::vector<Summary>& level = levels_[k];
    node >>= kShift;
    if (level.empty() && k > 0) level.push_back(levels_[k - 1].front());
    if (node == level.size())
      level.push_back(event);
    else
      level[node].take(event);
    if (level.size() == 1) return;
  }
}

}  // namespace loopscope::viewer
