// SPDX-License-Identifier: Apache-2.0
// What this process may do.
#pragma once

#include <string>

namespace loopscope::tracer {

// CAP_BPF and CAP_PERFMON are effective (5.8+), or CAP_SYS_ADMIN, which includes both (capabilities(7)).
[[nodiscard]] bool may_load_bpf();

// A sentence that names the capabilities this process lacks and the command that grants them.
[[nodiscard]] std::string missing_capabilities();

// The file this process runs from.
[[nodiscard]] std::string own_program();

}  // namespace loopscope::tracer
