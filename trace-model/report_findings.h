// SPDX-License-Identifier: Apache-2.0
// What is wrong with a trace or worth knowing when reading its report, with evidence.
#pragma once

#include <vector>

#include "trace-model/report.h"

namespace loopscope::trace_model {

[[nodiscard]] std::vector<Finding> findings_of(const Report& report);  // of everything in it but its findings

}  // namespace loopscope::trace_model
