// SPDX-License-Identifier: Apache-2.0
#include "lab/words.h"

#include <cstdlib>

namespace loopscope::lab {

std::string language_of(std::string_view asked) {
  if (!asked.empty()) return std::string(asked);
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value && *value)
      return std::string(std::string_view(value).starts_with("zh_TW") ||
                                 std::string_view(value).starts_with("zh_HK")
                             ? kChinese
                             : kEnglish);
  return std::string(kEnglish);
}

}  // namespace loopscope::lab
