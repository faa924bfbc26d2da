// SPDX-License-Identifier: Apache-2.0
// What a request takes, counted by our own recorder while a load runs.
#pragma once

#include <sys/types.h>

#include <expected>
#include <functional>
#include <optional>
#include <string>

namespace loopscope::load {

struct PerRequest {
  std::optional<double> calls, wakeups;
};

// Runs `load` while process `pid` is recorded; `keep`: the file that keeps it, empty: none. The error is a
// sentence: why it cannot be.
[[nodiscard]] std::expected<PerRequest, std::string> count_per_request(const std::string& self, pid_t pid,
                                                                       const std::string& keep,
                                                                       const std::function<bool()>& load);

}  // namespace loopscope::load
