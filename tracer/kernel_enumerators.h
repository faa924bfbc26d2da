// SPDX-License-Identifier: Apache-2.0
// Values of the running kernel's own enumerations that move between versions, by name.
#pragma once

#include <optional>
#include <string_view>

namespace loopscope::tracer {

// Looked up in the kernel's BTF, anonymous enumerations included; reading that takes some ten milliseconds.
[[nodiscard]] std::optional<int> kernel_enumerator(std::string_view name);

}  // namespace loopscope::tracer
