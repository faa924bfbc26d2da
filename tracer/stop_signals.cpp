// SPDX-License-Identifier: Apache-2.0
#include "tracer/stop_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

namespace loopscope::tracer {

StopSignals::StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, &before_);
  fd_ = UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

StopSignals::~StopSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

StopSignals::Taken StopSignals::take() {
  signalfd_siginfo info{};
  if (read(fd_.get(), &info, sizeof(info)) != sizeof(info)) return {};
  return {int(info.ssi_signo), info.ssi_code <= 0};
}

}  // namespace loopscope::tracer
