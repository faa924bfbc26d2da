// SPDX-License-Identifier: Apache-2.0
// How long each request waits, as if for a disk or a database, before it is answered. How a server waits
// without (or with) holding up the others is what its model is about.
#pragma once

#include <chrono>
#include <random>

namespace loopscope::sample_servers {

struct WaitOptions {
  int mean_ms = 20;  // 0: no wait
  bool exponential = false;
};

class WaitTime {
 public:
  using Duration = std::chrono::nanoseconds;

  explicit WaitTime(WaitOptions options) : options_(options) {}

  // Of the next request. The same sequence in each run, so that runs compare.
  [[nodiscard]] Duration next() {
    if (!options_.exponential) return std::chrono::milliseconds(options_.mean_ms);
    std::exponential_distribution<double> distribution;
    return Duration(static_cast<int64_t>(distribution(random_) * options_.mean_ms * 1e6));
  }

 private:
  WaitOptions options_;
  std::mt19937_64 random_{20};
};

}  // namespace loopscope::sample_servers
