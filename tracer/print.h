// SPDX-License-Identifier: Apache-2.0
// Standard output as commands use it: all of the text is written, or the reason why not is told.
#pragma once

#include <string_view>

namespace loopscope::tracer {

// Writes `text` to standard output. 0, or 1 after one sentence on standard error (a closed pipe, a full
// disk): to be returned as the command's exit code.
[[nodiscard]] int print(std::string_view text);

[[nodiscard]] int stdout_columns();     // of the terminal that stdout is, else 100
[[nodiscard]] bool stdout_has_color();  // a terminal, and NO_COLOR (no-color.org) is not set

[[nodiscard]] bool locale_is_utf8();  // by LC_ALL, LC_CTYPE or LANG

// "loopscope: SENTENCE" on standard error; 1.
int fail(std::string_view sentence);

}  // namespace loopscope::tracer
