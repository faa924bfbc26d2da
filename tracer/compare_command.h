// SPDX-License-Identifier: Apache-2.0
// `loopscope compare`: two traces, per request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::tracer {

struct CompareOptions {
  std::string a, b;  // files; one of them may be "-"
  std::vector<std::string> fail_if;
  uint64_t request_bytes = 0;
  bool json = false;
};

// Prints to standard output; an exit code: 1 also where a condition of fail_if holds.
[[nodiscard]] int compare_command(const CompareOptions& options);

}  // namespace loopscope::tracer
