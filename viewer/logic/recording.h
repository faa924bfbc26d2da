// SPDX-License-Identifier: Apache-2.0
// A recording started from the viewer: `loopscope record` into a file, which the viewer then follows. Only
// the recorder gets privileges: it is root already, or sudo gives them without asking, or polkit asks.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "viewer/logic/child_process.h"

namespace loopscope::viewer {

class Recording {
 public:
  // `wake` is called on its thread when something changed. `recorder`: the loopscope program.
  Recording(std::vector<int> pids, std::string path, std::function<void()> wake,
            std::string recorder = sibling_program("loopscope"));
  ~Recording();  // stops it, and waits
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void stop() { stop_wanted_ = true; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool readable() const { return readable_; }  // there is a file to look at
  [[nodiscard]] std::string trouble() const;                 // a sentence, once it ended without a trace

 private:
  void run();
  [[nodiscard]] std::string run_directly();
  [[nodiscard]] std::string run_through_polkit();
  [[nodiscard]] int watch(ChildProcess& child, bool held);
  [[nodiscard]] std::string said(const ChildProcess& child, int status) const;

  std::vector<int> pids_;
  std::string path_, recorder_;
  std::function<void()> wake_;
  std::atomic<bool> stop_wanted_ = false, running_ = true, readable_ = false;
  mutable std::mutex mutex_;
  std::string trouble_;
  std::thread thread_;
};

// "nginx-4711-20261122-195800.loopscope.jsonl" in the current folder, or in the home folder where that one
// cannot be written to.
[[nodiscard]] std::string recording_path(const std::string& name, int pid);

}  // namespace loopscope::viewer
