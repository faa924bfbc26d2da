// SPDX-License-Identifier: Apache-2.0
// Which findings could not be made, and why: what was not recorded is never taken for sound.
#pragma once

#include <vector>

#include "trace-model/report.h"

namespace loopscope::trace_model {

// `scheduled`: when threads did not run was recorded.
[[nodiscard]] std::vector<NotChecked> not_checked(const Report& report, bool scheduled);

}  // namespace loopscope::trace_model
