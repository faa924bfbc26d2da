// SPDX-License-Identifier: Apache-2.0
// What a report says about rings and about the time that threads ran.
#pragma once

#include <string>
#include <vector>

#include "trace-model/model_state.h"
#include "trace-model/report.h"

namespace loopscope::trace_model {

[[nodiscard]] std::vector<ReportRing> rings_of(const Model::State& state);
void add_cpu_times(std::vector<ReportProcess>& processes, const Model::State& state);

}  // namespace loopscope::trace_model
