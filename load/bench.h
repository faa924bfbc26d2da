// SPDX-License-Identifier: Apache-2.0
// Runs servers under load, in turns so that a machine that drifts favours none, and then once more under our
// own recorder for what a request takes of calls and wakeups: latencies are of runs that nobody watches.
#pragma once

#include <functional>

#include "load/machine.h"
#include "load/measured.h"
#include "load/plan.h"

namespace loopscope::load {

struct BenchRow {
  ServerPlan server;
  LoadPlan load;
  Measured measured;               // of all rounds together
  std::vector<double> medians_s;   // of each round
  std::optional<double> theory_s;  // closed loop: of the median; open loop: of the mean
  std::optional<double> cpu_per_request_s, calls, wakeups;
};

struct BenchResult {
  Machine machine;
  std::vector<BenchRow> rows;  // by server, then by load
  std::string not_traced;      // why calls and wakeups are missing
};

using Progress = std::function<void(const std::string&)>;
// `self`: the loopscope that records. The error is a sentence.
[[nodiscard]] std::expected<BenchResult, std::string> run_bench(const BenchOptions& options,
                                                                const std::string& self,
                                                                const Progress& progress);

}  // namespace loopscope::load
