// SPDX-License-Identifier: Apache-2.0
// The lines of a report about requests.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "trace-model/report.h"

namespace loopscope::trace_model {

struct RequestLine {
  size_t indent = 0;
  std::string text;
};

[[nodiscard]] std::vector<RequestLine> request_words(const Report& report, Pid pid);

// What counts as a request; empty where the report has none.
[[nodiscard]] std::string request_rule_words(const Report& report);

// "22 ms: queued 1.0 ms, running 19 ms, blocked 1.0 ms in openat /srv/x, elsewhere 1.0 ms"
[[nodiscard]] std::string request_time_words(const Request& request);

}  // namespace loopscope::trace_model
