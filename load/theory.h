// SPDX-License-Identifier: Apache-2.0
// What queueing theory expects of a server whose requests each wait `service_s`, as `workers` at a time are
// served (0: any number). Nothing but that wait takes time.
//
// Closed loop, c clients: requests come in rounds, so the last of a round waits for ceil(c / workers) of
// them. Open loop, Poisson arrivals: M/D/1 and M/M/1 for one worker, M/M/c (Erlang's C) for more; a fixed
// wait with several workers is taken as half of the queueing of an exponential one, which is close.
#pragma once

#include <optional>

namespace loopscope::load {

struct ServiceModel {
  unsigned workers = 1;  // 0: any number at a time
  double service_s = 0;
  bool exponential = false;
};

[[nodiscard]] double closed_latency_s(const ServiceModel& model, unsigned clients);
// The mean; nothing where more comes than can be served.
[[nodiscard]] std::optional<double> open_latency_s(const ServiceModel& model, double rate_per_s);

}  // namespace loopscope::load
