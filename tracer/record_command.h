// SPDX-License-Identifier: Apache-2.0
// `loopscope record`, from checked options to an exit code.
#pragma once

#include <string>
#include <vector>

#include "tracer/record_options.h"

namespace loopscope::tracer {

// 0: recorded; 1: failed, with one sentence on stderr.
[[nodiscard]] int record_command(RecordOptions options, const std::vector<std::string>& command_line);

}  // namespace loopscope::tracer
