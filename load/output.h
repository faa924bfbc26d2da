// SPDX-License-Identifier: Apache-2.0
// A bench's figures as text, CSV, JSON, and as a picture of how latencies are spread.
#pragma once

#include <string>

#include "load/bench.h"

namespace loopscope::load {

[[nodiscard]] std::string bench_text(const BenchResult& result, const BenchOptions& options);
[[nodiscard]] std::string bench_csv(const BenchResult& result);
[[nodiscard]] std::string bench_json(const BenchResult& result, const BenchOptions& options);
[[nodiscard]] std::string bench_svg(const BenchResult& result);

}  // namespace loopscope::load
