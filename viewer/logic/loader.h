// SPDX-License-Identifier: Apache-2.0
// Reads a trace on a thread of its own. Whoever draws takes the finished batches a few at a time, between
// frames, so that it answers while a large trace comes in. Of a trace that is still being written it hands
// over what has come, and now and then what that says so far.
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
#include <vector>

#include "trace-model/report.h"
#include "viewer/logic/timeline.h"
#include "viewer/logic/trace_source.h"
#include "viewer/logic/trace_text.h"

namespace loopscope::viewer {

class TimelineBuilder;

struct Loaded {
  std::string error;                 // a sentence; else the rest holds
  std::vector<std::string> missing;  // sentences on what the trace lacks: damage, losses, no end
  trace_model::Report report;
  bool complete = true;  // false: there is more to come
};

class Loader {
 public:
  // `wake` is called on the loader's thread when there is something to take.
  Loader(std::string path, std::function<void()> wake, Follow follow = Follow::IfWritten);
  ~Loader();  // cancels
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void cancel() { cancelled_ = true; }
  // Applies batches until `budget_ns` is used up; true when there was one.
  bool apply_to(Timeline& timeline, Ns budget_ns);
  // Tracks of which the timeline has nothing any more: the thread that reads frees those that have ended.
  void free_tracks(std::vector<SpentTrack> spent);
  // After the batches it is about were applied; the last one is complete.
  [[nodiscard]] std::optional<Loaded> take_result();

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool waiting() const;     // batches are there to be applied
  [[nodiscard]] double progress() const;  // 0 to 1; below 0: not known
  // Being recorded: how it comes in is told by the clock. What time it is in the trace, as far as can be told
  // by how late its records came; nothing when it is not live.
  [[nodiscard]] bool live() const { return live_ && running_; }
  [[nodiscard]] std::optional<Ns> live_now() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::shared_ptr<const TraceText> text() const { return text_; }

 private:
  static constexpr uint32_t kBatchRows = 8192;
  static constexpr size_t kMostWaiting = 64;

  void run();
  [[nodiscard]] Loaded load();
  [[nodiscard]] Loaded read_all(TraceSource& source);
  void post(Batch batch);
  [[nodiscard]] Batch take_spent();
  [[nodiscard]] std::vector<SpentTrack> take_spent_tracks();
  void post_so_far(trace_model::Report report);
  void note_clock(Ns last);

  std::string path_;
  std::function<void()> wake_;
  Follow follow_;
  std::shared_ptr<TraceText> text_ = std::make_shared<TraceText>();
  std::atomic<bool> cancelled_ = false, running_ = true, live_ = false;
  std::atomic<uint64_t> bytes_read_ = 0, bytes_total_ = 0;
  std::atomic<Ns> clock_ahead_ = INT64_MAX;  // of the trace's time
  mutable std::mutex mutex_;
  std::condition_variable taken_;
  std::deque<Batch> waiting_;
  std::vector<Batch> spent_;  // to be filled again: their memory is mapped already
  std::vector<SpentTrack> spent_tracks_;
  std::optional<Loaded> result_;
  std::thread thread_;
};

}  // namespace loopscope::viewer
