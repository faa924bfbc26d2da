// SPDX-License-Identifier: Apache-2.0
// What every epoll instance watched at some moment. The trace is read again up to there by the model that
// knows, on a thread of its own; a later moment goes on from the one before.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "trace-model/events.h"
#include "viewer/logic/trace_text.h"

namespace loopscope::viewer {

using trace_model::Ns;
using trace_model::RecordId;

struct WatchedFile {
  int fd = -1;
  std::string what;  // "tcp 127.0.0.1:8080 listen"
  uint32_t events = 0;
  uint64_t data = 0;
  Ns since = 0;
  trace_model::Pid pid = 0;
  bool listening = false, disarmed = false;
  bool before = false;  // it was registered before the recording began
};

struct WatchingInstance {
  trace_model::FileId instance = 0;
  int epfd = -1;  // a number that names it; -1: none is known
  trace_model::Pid pid = 0;
  std::vector<WatchedFile> files;  // listening ones first, then by number
  size_t more = 0;                 // beyond those
};

struct InterestAnswer {
  Ns t = 0;
  std::vector<WatchingInstance> instances;
};

class InterestAt {
 public:
  // `wake` is called on its thread when there is an answer.
  InterestAt(std::shared_ptr<const TraceText> text, std::function<void()> wake)
      : text_(std::move(text)), wake_(std::move(wake)) {}
  ~InterestAt();
  InterestAt(const InterestAt&) = delete;
  InterestAt& operator=(const InterestAt&) = delete;

  // `begin`: the first line that is still to be had. Asking for the same moment again does nothing.
  void ask(Ns t, uint64_t begin = 0);
  bool poll();  // takes over an answer; true when there was one
  [[nodiscard]] const std::optional<InterestAnswer>& answer() const { return answer_; }
  [[nodiscard]] bool busy() const { return busy_; }

 private:
  struct Reading;
  void work();

  std::shared_ptr<const TraceText> text_;
  std::function<void()> wake_;
  std::optional<InterestAnswer> answer_, new_answer_;
  std::optional<Ns> asked_;
  std::optional<std::pair<Ns, uint64_t>> wanted_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopped_ = false, busy_ = false;
  std::thread thread_;
};

}  // namespace loopscope::viewer
