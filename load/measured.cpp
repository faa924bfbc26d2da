// SPDX-License-Identifier: Apache-2.0
#include "load/measured.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace loopscope::load {

void Measured::add(const Measured& other) {
  latencies_s.insert(latencies_s.end(), other.latencies_s.begin(), other.latencies_s.end());
  failed += other.failed;
  seconds += other.seconds;
}

void Measured::finish() {
  std::ranges::sort(latencies_s);
}

// The nearest rank: a latency that was measured.
double Measured::quantile(double share) const {
  if (latencies_s.empty()) return 0;
  const auto rank = size_t(std::ceil(share * double(latencies_s.size())));
  return latencies_s[std::clamp<size_t>(rank, 1, latencies_s.size()) - 1];
}

double Measured::mean() const {
  if (latencies_s.empty()) return 0;
  return std::accumulate(latencies_s.begin(), latencies_s.end(), 0.0) / double(latencies_s.size());
}

}  // namespace loopscope::load
