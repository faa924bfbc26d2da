// SPDX-License-Identifier: Apache-2.0
// Trace files to reports.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "trace-model/report.h"

namespace loopscope::tracer {

// Each record of a file ("-": standard input) to `take`, until it ends. With `tell`, lines that could not be
// used go to standard error. The error is a sentence.
[[nodiscard]] std::expected<void, std::string> read_trace(
    const std::string& path, bool tell, const std::function<void(trace_model::Event&)>& take);

// All that `loopscope report FILE` says, with default options. Tells nothing to standard error.
[[nodiscard]] std::expected<trace_model::Report, std::string> report_of_trace(const std::string& path);

}  // namespace loopscope::tracer
