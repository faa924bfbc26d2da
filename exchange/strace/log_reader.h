// SPDX-License-Identifier: Apache-2.0
// A log of strace as whole calls in the order in which they returned: what was printed in two pieces
// ("<unfinished ...>", "<... resumed>") is put together. Lines that are not strace's (what the traced program
// printed, in a log from a terminal) are counted and skipped.
//
// The log stays the caller's, and must outlive what is handed out.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "exchange/strace/log_clock.h"

namespace loopscope::exchange::strace {

struct LogEvent {
  enum class What : uint8_t { Call, Exit, Signal, Begun };
  What what = What::Call;
  uint64_t line = 0;      // of the log, from 1; where it ended
  Pid tid = 0;            // 0: the log does not say
  std::string_view comm;  // with -Y
  Ns start = 0;
  Ns end = 0;          // of a call in one piece: the time of the line after it, so the latest possible
  bool split = false;  // in two pieces: `end` is when it returned
  std::string text;    // name(arguments) = result; of Begun (the first piece of a call) what there is of it
};

struct LogProblem {
  uint64_t line = 0;
  std::string sentence;
};

class LogReader {
 public:
  explicit LogReader(std::string_view log) : rest_(log) {}

  void on_problem(std::function<void(const LogProblem&)> call) { on_problem_ = std::move(call); }
  // nullptr at the end; valid until the next call.
  [[nodiscard]] const LogEvent* next();
  // What had not returned when the log ended, by thread.
  [[nodiscard]] const std::map<Pid, LogEvent>& in_progress() const { return open_; }

  [[nodiscard]] const LogClock& clock() const { return clock_; }
  // "strace: Process 12 attached": a thread that a traced one made; or, before the first call, the target.
  [[nodiscard]] const std::vector<Pid>& announced() const { return announced_; }
  [[nodiscard]] Pid attached_first() const { return attached_first_; }  // 0: strace made the target itself
  [[nodiscard]] uint64_t lines() const { return line_; }
  [[nodiscard]] uint64_t foreign_lines() const { return foreign_; }
  [[nodiscard]] uint64_t without_beginning() const { return without_beginning_; }

 private:
  [[nodiscard]] bool take(const LogLine& line);
  [[nodiscard]] bool take_resumed(const LogLine& line);
  [[nodiscard]] bool take_begun(const LogLine& line, std::string_view text);
  [[nodiscard]] bool take_whole(const LogLine& line);
  [[nodiscard]] Ns time_of_next_line() const;
  void note_attached(std::string_view text);
  void problem(std::string sentence);

  std::string_view rest_;
  LogClock clock_;
  std::map<Pid, LogEvent> open_;
  std::string cut_short_;  // a call that strace's own message interrupted
  LogEvent event_;
  std::function<void(const LogProblem&)> on_problem_;
  std::vector<Pid> announced_;
  Pid attached_first_ = 0;
  bool met_call_ = false;
  uint64_t line_ = 0, foreign_ = 0, without_beginning_ = 0;
};

}  // namespace loopscope::exchange::strace
