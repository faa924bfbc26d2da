// SPDX-License-Identifier: Apache-2.0
// What of this machine decides how fast a server is, to be told above any figures.
#pragma once

#include <string>

namespace loopscope::load {

struct Machine {
  std::string kernel, cpu, governor, mitigations, load;
  unsigned cpus = 0;
};

[[nodiscard]] Machine this_machine();

}  // namespace loopscope::load
