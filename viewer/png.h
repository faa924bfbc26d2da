// SPDX-License-Identifier: Apache-2.0
// Writes a picture as PNG (RFC 2083).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace loopscope::viewer {

// `rgb`: three bytes a pixel, the lowest row first as OpenGL hands it out. The error is a sentence.
[[nodiscard]] std::expected<void, std::string> write_png(const std::string& path, int width, int height,
                                                         const std::vector<uint8_t>& rgb);

}  // namespace loopscope::viewer
