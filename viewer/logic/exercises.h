// SPDX-License-Identifier: Apache-2.0
// The exercises of the lab in the window: which is open, what was answered. The same file in the current
// folder as `loopscope lab` has. Answers are judged on a thread of their own, for that reads the trace.
#pragma once

#include <atomic>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "lab/desk.h"
#include "viewer/logic/actions.h"
#include "viewer/logic/requests.h"
#include "viewer/logic/timeline.h"

namespace loopscope::viewer {

class Exercises {
 public:
  explicit Exercises(std::function<void()> wake, std::string file = lab::kProgressFile);
  ~Exercises();
  Exercises(const Exercises&) = delete;
  Exercises& operator=(const Exercises&) = delete;

  [[nodiscard]] const std::vector<lab::Exercise>& all() const { return lab::bundled_exercises(); }
  [[nodiscard]] const lab::Progress& progress() const { return progress_; }
  [[nodiscard]] const lab::Attempt* attempt(const std::string& id) const;  // nullptr: not begun
  [[nodiscard]] size_t done() const;
  [[nodiscard]] const lab::Exercise* open() const;        // nullptr: none
  [[nodiscard]] lab::ParameterValues parameters() const;  // of the one that is open
  [[nodiscard]] const std::string& language() const { return language_; }
  [[nodiscard]] const std::string& said() const { return said_; }  // to the last answer, or of trouble
  [[nodiscard]] bool right() const { return right_; }              // it
  [[nodiscard]] bool busy() const { return busy_; }

  void handle(const Request& request);  // those that are about exercises, but answers
  void start(size_t i);
  void close();
  void hint();
  void predict(const std::string& text);
  void set_parameter(const std::string& name, const std::string& value);
  void set_language(std::string_view language) { language_ = language; }
  // About a trace that is a file.
  void answer(const std::string& trace, lab::Answer answer);
  bool poll();  // takes over what came of it; true when there was something

  // Whether a panel, by its name, would give the answer away.
  [[nodiscard]] bool hides(std::string_view panel) const;
  // Whether a step to the next such thing would.
  [[nodiscard]] bool gives_away(Action action) const;
  [[nodiscard]] std::string_view refusal() const;  // what is said then
  // Whether a hint that was given is about such lanes.
  [[nodiscard]] bool highlights(TrackKind kind) const;

 private:
  void save();
  void stop();

  std::function<void()> wake_;
  std::string file_, language_, said_;
  lab::Progress progress_;
  std::string shown_;  // the one on the page, also when it is solved
  bool right_ = false, readable_ = true;
  // Of the answer that is being judged.
  std::string trace_;
  lab::Answer answer_;
  std::optional<std::expected<lab::Judged, std::string>> judged_;
  std::atomic<bool> busy_ = false;
  std::mutex mutex_;
  std::thread thread_;
};

// How a panel hands in an answer, as the text of a Request.
[[nodiscard]] std::string packed(const lab::Answer& answer);
[[nodiscard]] lab::Answer unpacked(std::string_view text);

}  // namespace loopscope::viewer
