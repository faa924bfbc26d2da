// SPDX-License-Identifier: Apache-2.0
// JSON that somebody else wrote. A few kilobytes of brackets would otherwise use up the stack of whoever
// copies it.
#pragma once

#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

namespace loopscope::lab {

inline constexpr int kDeepestJson = 64;

struct TooDeep : std::runtime_error {
  TooDeep() : std::runtime_error("it is nested too deeply") {}
};

// Throws TooDeep, or what nlohmann's parser throws.
[[nodiscard]] inline nlohmann::ordered_json parse_bounded(std::string_view text) {
  using Json = nlohmann::ordered_json;
  return Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepestJson) throw TooDeep();
    return true;
  });
}

}  // namespace loopscope::lab
