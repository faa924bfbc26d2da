// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

namespace loopscope::tracer {

// `named` where a file was named, else the newest trace in the current folder. The error is a sentence.
[[nodiscard]] std::expected<std::string, std::string> choose_trace(const std::string& named);

}  // namespace loopscope::tracer
