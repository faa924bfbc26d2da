// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as a descriptor: for a loop, the wish to end is one more thing to wait for. The signals
// are blocked, in threads started later too, so they interrupt nothing.
#pragma once

#include <sys/signalfd.h>

#include <csignal>

#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

// Readable once a signal has come, and for ever, as nobody reads it; none, with errno, if that failed.
[[nodiscard]] inline UniqueFd open_end_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  if (::sigprocmask(SIG_BLOCK, &ending, nullptr) != 0) return {};
  return UniqueFd(::signalfd(-1, &ending, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace loopscope::sample_servers
