// SPDX-License-Identifier: Apache-2.0
// Open-loop load: requests come at random, as from a great many clients who do not know of one another, and
// whether the answers to earlier ones are there makes no difference. Each has a connection of its own. A
// request's latency counts from the moment it was due, so a generator that is late hides nothing.
#pragma once

#include <expected>
#include <string>

#include "load/measured.h"

namespace loopscope::load {

struct PoissonLoad {
  uint16_t port = 0;
  double rate_per_s = 0;
  unsigned requests = 0;
  uint64_t seed = 1;  // the same arrivals for every server of a round
};

[[nodiscard]] std::expected<Measured, std::string> run_poisson(const PoissonLoad& load);
// When requests are due, from 0.
[[nodiscard]] std::vector<double> poisson_arrivals(double rate_per_s, unsigned count, uint64_t seed);

}  // namespace loopscope::load
