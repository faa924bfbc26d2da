// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM, SIGHUP and SIGCHLD as a descriptor to sleep on.
#pragma once

#include <signal.h>

#include "tracer/proc/files.h"

namespace loopscope::tracer {

class StopSignals {
 public:
  StopSignals();   // blocks them for this thread and those it starts
  ~StopSignals();  // as before

  [[nodiscard]] int fd() const { return fd_.get(); }

  struct Taken {
    int signal = 0;          // 0: none waiting
    bool from_user = false;  // sent by kill(2), not by the terminal to everybody in its foreground
  };
  [[nodiscard]] Taken take();

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

}  // namespace loopscope::tracer
