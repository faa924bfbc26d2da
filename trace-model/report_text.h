// SPDX-License-Identifier: Apache-2.0
// The report as a person reads it: what runs, what it listens on and how each listener is registered, how its
// loops wait and what woke them, and what the trace does not say. Strings of the target are made harmless for
// a terminal.
#pragma once

#include <string>

#include "trace-model/report.h"

namespace loopscope::trace_model {

struct TextOptions {
  bool color = false;
  int columns = 100;
};

[[nodiscard]] std::string report_text(const Report& report, const TextOptions& options = {});

}  // namespace loopscope::trace_model
