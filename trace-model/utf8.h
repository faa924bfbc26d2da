// SPDX-License-Identifier: Apache-2.0
// Bytes that came from a traced process and are to be shown or stored as text. Such bytes are whatever the
// process chose: paths and socket names are byte strings to the kernel. Well-formed UTF-8 is what RFC 3629
// says it is: shortest form, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace loopscope::trace_model {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// Length of the well-formed sequence that begins at text[at], 1 to 4; 0 when none does. `at` is less than the
// size.
[[nodiscard]] size_t utf8_sequence_length(std::string_view text, size_t at);

[[nodiscard]] bool is_utf8(std::string_view text);

// The text with each byte that is not part of a well-formed sequence replaced by one U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

[[nodiscard]] std::string to_hex(std::string_view bytes);                 // lower case
[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex);  // either case

}  // namespace loopscope::trace_model
