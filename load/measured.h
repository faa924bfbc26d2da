// SPDX-License-Identifier: Apache-2.0
// What a load found: a latency for each request that was answered.
#pragma once

#include <cstdint>
#include <vector>

namespace loopscope::load {

struct Measured {
  std::vector<double> latencies_s;  // sorted by finish()
  uint64_t failed = 0;
  double seconds = 0;  // from the first request to the last answer

  void add(const Measured& other);
  void finish();
  [[nodiscard]] double quantile(double share) const;  // of the sorted; 0 where there is none
  [[nodiscard]] double mean() const;
  [[nodiscard]] double per_second() const { return seconds > 0 ? double(latencies_s.size()) / seconds : 0; }
};

}  // namespace loopscope::load
