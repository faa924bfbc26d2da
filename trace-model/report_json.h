// SPDX-License-Identifier: Apache-2.0
// `loopscope report --json`. The names are a contract with scripts: add to them, rename none. null stands for
// what the trace does not say.
#pragma once

#include <string>

#include "trace-model/report.h"

namespace loopscope::trace_model {

[[nodiscard]] std::string report_json(const Report& report);  // one object, indented, and a newline

}  // namespace loopscope::trace_model
