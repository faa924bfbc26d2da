// SPDX-License-Identifier: Apache-2.0
// Reads a trace on a thread of its own. Whoever draws takes the finished batches a few at a time, between
// frames, so that it answers while a large trace comes in.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "trace-model/report.h"
#include "viewer/logic/timeline.h"
#include "viewer/logic/trace_text.h"

namespace loopscope::viewer {

struct Loaded {
  std::string error;                 // a sentence; else the rest holds
  std::vector<std::string> missing;  // sentences on what the trace lacks: damage, losses, no end
  trace_model::Report report;
};

class Loader {
 public:
  // `wake` is called on the loader's thread when there is something to take.
  Loader(std::string path, std::function<void()> wake);
  ~Loader();  // cancels
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void cancel() { cancelled_ = true; }
  // Applies batches until `budget_ns` is used up; true when there was one.
  bool apply_to(Timeline& timeline, Ns budget_ns);
  // Once, after the last batch was applied.
  [[nodiscard]] std::optional<Loaded> take_result();

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool waiting() const;     // batches are there to be applied
  [[nodiscard]] double progress() const;  // 0 to 1; below 0: not known
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::shared_ptr<const TraceText> text() const { return text_; }

 private:
  static constexpr uint32_t kBatchRows = 8192;
  static constexpr size_t kMostWaiting = 64;

  void run();
  [[nodiscard]] Loaded load();
  void post(Batch batch);

  std::string path_;
  std::function<void()> wake_;
  std::shared_ptr<TraceText> text_ = std::make_shared<TraceText>();
  std::atomic<bool> cancelled_ = false, running_ = true;
  std::atomic<uint64_t> bytes_read_ = 0, bytes_total_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable taken_;
  std::deque<Batch> waiting_;
  std::optional<Loaded> result_;
  std::thread thread_;
};

}  // namespace loopscope::viewer
