// SPDX-License-Identifier: Apache-2.0
// What is said of a wrong answer that its exercise did not foresee: what the student named, never what was
// asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/exercise.h"
#include "lab/selection.h"

namespace loopscope::lab {

// The number in "6", "fd 6", "#947", "80 ms", "1.2e3"; empty where there is none, or more than one.
[[nodiscard]] std::string plain_number(std::string_view text);

// "Record 950 is a call of accept4.", or that there is no such record.
[[nodiscard]] std::string what_record(Evidence& evidence, uint64_t id, std::string_view language);

// Why `answer`, a number as from plain_number() or the word of a choice, is not what was asked for.
[[nodiscard]] std::string why_not(const Exercise& exercise, Evidence& evidence, const std::string& answer,
                                  std::string_view language);

}  // namespace loopscope::lab
