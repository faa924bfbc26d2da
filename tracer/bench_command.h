// SPDX-License-Identifier: Apache-2.0
// `loopscope bench`: server models under load, as a table.
#pragma once

#include "load/plan.h"

namespace loopscope::tracer {

[[nodiscard]] int bench_command(const load::BenchOptions& options);

}  // namespace loopscope::tracer
