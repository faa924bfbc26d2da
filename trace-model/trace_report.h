// SPDX-License-Identifier: Apache-2.0
// Trace files to reports.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "trace-model/report.h"
#include "trace-model/trace_checks.h"

namespace loopscope::trace_model {

// Each record of a file ("-": standard input) to `take`, until it ends, and then to `checked` what was wrong
// with some. The error is a sentence.
[[nodiscard]] std::expected<void, std::string> read_trace(
    const std::string& path, const std::function<void(Event&)>& take,
    const std::function<void(const TraceChecks&)>& checked = {});

// All that `loopscope report FILE` says, with default options.
[[nodiscard]] std::expected<Report, std::string> report_of_trace(const std::string& path);

}  // namespace loopscope::trace_model
