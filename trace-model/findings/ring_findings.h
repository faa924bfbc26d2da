// SPDX-License-Identifier: Apache-2.0
// What is worth knowing about how rings are used, from the figures of the report.
#pragma once

#include <vector>

#include "trace-model/findings/thresholds.h"
#include "trace-model/report.h"

namespace loopscope::trace_model {

void add_ring_findings(const Report& report, const Thresholds& thresholds, std::vector<Finding>& findings);

}  // namespace loopscope::trace_model
