// SPDX-License-Identifier: Apache-2.0
// The table of `loopscope compare`, made of two files on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "trace-model/compare.h"

namespace loopscope::viewer {

class Comparing {
 public:
  explicit Comparing(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~Comparing();
  Comparing(const Comparing&) = delete;
  Comparing& operator=(const Comparing&) = delete;

  void start(const std::string& a, const std::string& b);
  bool poll();  // takes over what came out; true when there was something
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] const std::optional<trace_model::Comparison>& comparison() const { return comparison_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }  // a sentence

 private:
  void stop();

  std::function<void()> wake_;
  std::optional<trace_model::Comparison> comparison_, new_comparison_;
  std::string trouble_, new_trouble_;
  std::atomic<bool> busy_ = false, stopped_ = false;
  std::mutex mutex_;
  std::thread thread_;
};

}  // namespace loopscope::viewer
