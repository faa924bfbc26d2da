// SPDX-License-Identifier: Apache-2.0
// A token bucket: `rate` requests a second on average, and no more than a tenth of a second's worth at once.
#pragma once

#include <algorithm>
#include <chrono>

namespace loopscope::sample_servers {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // A rate of 0 is no limit.
  explicit RateLimit(int rate_per_s)
      : rate_per_s_(rate_per_s), burst_(std::max(1.0, rate_per_s * 0.1)), tokens_(burst_) {}

  // Whether one more may be served now.
  [[nodiscard]] bool admit(Clock::time_point now = Clock::now()) {
    if (rate_per_s_ == 0) return true;
    tokens_ += rate_per_s_ * std::chrono::duration<double>(now - filled_).count();
    tokens_ = std::min(tokens_, burst_);
    filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double rate_per_s_;
  double burst_;
  double tokens_;
  Clock::time_point filled_ = Clock::now();
};

}  // namespace loopscope::sample_servers
