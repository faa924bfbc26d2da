// SPDX-License-Identifier: Apache-2.0
// What the lab itself says, in the student's language.
#pragma once

#include <string>
#include <string_view>

namespace loopscope::lab {

inline constexpr std::string_view kEnglish = "en", kChinese = "zh-Hant";

// One of the two: what --lang says, else LANG.
[[nodiscard]] std::string language_of(std::string_view asked);

[[nodiscard]] inline std::string_view say(std::string_view language, std::string_view en,
                                          std::string_view zh) {
  return language == kChinese ? zh : en;
}

}  // namespace loopscope::lab
