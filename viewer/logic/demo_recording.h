// SPDX-License-Identifier: Apache-2.0
// The two sample servers, epoll and io_uring, started, given something to do, and recorded for a few seconds
// at the same time.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "viewer/logic/recording.h"

namespace loopscope::viewer {

class DemoRecording {
 public:
  explicit DemoRecording(std::function<void()> wake, int seconds = 5);
  ~DemoRecording();  // ends what it started
  DemoRecording(const DemoRecording&) = delete;
  DemoRecording& operator=(const DemoRecording&) = delete;

  void stop() { stopped_ = true; }
  [[nodiscard]] bool running() const { return running_; }
  // Both, once there is something to look at in each; empty before.
  [[nodiscard]] std::vector<std::string> paths() const;
  [[nodiscard]] std::string trouble() const;  // a sentence

 private:
  void run();
  [[nodiscard]] std::string record_both();

  std::function<void()> wake_;
  const int seconds_;
  std::atomic<bool> stopped_ = false, running_ = true;
  mutable std::mutex mutex_;
  std::vector<std::string> paths_;
  std::string trouble_;
  std::thread thread_;
};

// The port in "… listens on 127.0.0.1:8093, fd 4 …"; 0: it is not there.
[[nodiscard]] int port_in(const std::string& said);

}  // namespace loopscope::viewer
