// SPDX-License-Identifier: Apache-2.0
// Durations counted in buckets that grow with the value: 16 to each power of two, so that a quantile is at
// most 1/16 too high, whatever the range. At most 1024 buckets (4 KiB), and only as many as the longest
// duration needs.
#pragma once

#include <cstdint>
#include <vector>

namespace loopscope::trace_model {

class DurationHistogram {
 public:
  void add(int64_t duration_ns);  // below 0 counts as 0
  void add(const DurationHistogram& others);

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] int64_t max() const { return max_; }
  [[nodiscard]] int64_t total() const { return total_; }
  // A duration that at least `share` (0 to 1) of those counted do not exceed. 0 when there are none.
  [[nodiscard]] int64_t quantile(double share) const;
  // How many were at least 2^i and below 2^(i+1) (0 counts with 1), up to the longest.
  [[nodiscard]] std::vector<uint64_t> octaves() const;

 private:
  std::vector<uint32_t> buckets_;
  uint64_t count_ = 0;
  int64_t max_ = 0, total_ = 0;
};

}  // namespace loopscope::trace_model
