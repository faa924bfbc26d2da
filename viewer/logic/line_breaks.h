// SPDX-License-Identifier: Apache-2.0
// Where a text is broken into lines: at spaces, but not within a number or before its unit ("0.493 417 s",
// "17 µs"), which is how times are written here; between Chinese characters; and where a word alone is wider
// than a line, behind its last '/' or ',' that fits, else anywhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace loopscope::viewer {

// As wide as `text` is drawn, in any unit. Asked for words and for single characters.
using TextWidth = std::function<float(std::string_view text)>;

// The text with line feeds, each line at most `width` wide (or one character). Of UTF-8 no character is cut.
[[nodiscard]] std::string with_line_breaks(std::string_view text, float width, const TextWidth& width_of);

}  // namespace loopscope::viewer
