// SPDX-License-Identifier: Apache-2.0
// A process that a test looks at: runs `body` in a fork, is told to end by the end of its input, and is
// awaited.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "tracer/proc/call_in_progress.h"
#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

class Child {
 public:
  explicit Child(const std::function<void()>& body) : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    _exit(0);
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  [[nodiscard]] Pid pid() const { return pid_; }

  // Until its main thread is blocked in the call of that name; false after five seconds.
  [[nodiscard]] bool blocked_in(std::string_view call) const { return thread_blocked_in(pid_, call); }
  [[nodiscard]] bool thread_blocked_in(Pid tid, std::string_view call) const {
    return eventually([&] {
      const auto process = ProcFs().open(pid_);
      const auto now = process ? call_in_progress(*process, tid) : std::unexpected(ESRCH);
      if (!now || !*now) return false;
      const auto* spec = interesting_call((*now)->number);
      return spec && spec->name == call;
    });
  }
  [[nodiscard]] static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  Pid pid_;
};

}  // namespace loopscope::tracer
