// SPDX-License-Identifier: Apache-2.0
// Text from a traced process for a terminal: whatever it is made of, it moves no cursor, sets no colour and
// breaks no line.
#pragma once

#include <string>
#include <string_view>

namespace loopscope::trace_model {

// Control characters (also U+0080 to U+009F, and DEL), those that turn the direction of writing, and bytes
// that are not UTF-8 become \n, \t or \xNN, a backslash \\. The rest stays.
[[nodiscard]] std::string terminal_text(std::string_view raw);

// How many columns it takes, counting every character as one; for text that terminal_text() returned.
[[nodiscard]] size_t column_count(std::string_view text);

// At most `columns` of it; an ellipsis takes the last when something was cut off.
[[nodiscard]] std::string cut_to_columns(std::string_view text, size_t columns);

}  // namespace loopscope::trace_model
