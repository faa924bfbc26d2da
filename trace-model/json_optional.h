// SPDX-License-Identifier: Apache-2.0
// What is not known is null in what programs read.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

namespace loopscope::trace_model {

template <typename Value>
[[nodiscard]] nlohmann::ordered_json or_null(const std::optional<Value>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

}  // namespace loopscope::trace_model
