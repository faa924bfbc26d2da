// SPDX-License-Identifier: Apache-2.0
// What the sample servers serve, the same in each: "/", and "/balloons", which opens a file on every request.
#pragma once

#include <string>

#include "sample-servers/common/http.h"

namespace loopscope::sample_servers {

// Opens balloons.txt in `root` anew each time, so that a trace shows which wakeup opened it.
[[nodiscard]] Response page_for(const Request& request, const std::string& root);

// The folder of the running program, where the build puts balloons.txt.
[[nodiscard]] std::string program_folder();

}  // namespace loopscope::sample_servers
