// SPDX-License-Identifier: Apache-2.0
// What has to be known of a whole log before its first line can be understood: which thread belongs to which
// process, who made it, and what the log was told to hold.
//
// Where the log has no clone, fork or vfork, a thread is taken to be one of the first process, unless its
// parent is told of its death (SIGCHLD) or it executes a program: then it is a process.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "exchange/strace/log_reader.h"

namespace loopscope::exchange::strace {

struct Birth {
  Pid parent = 0;  // thread that made it; 0: not in the log
  uint64_t flags = 0;
  bool thread = true;  // of its parent's process
};

struct Survey {
  Pid first = 1;                             // whose the lines without a number are
  bool numbered = false;                     // the log has such numbers
  bool first_unnumbered = false;             // but the first process never has one
  std::map<Pid, Birth> births;               // of all but `first`
  std::set<std::string, std::less<>> calls;  // that a trace can hold, by name
  uint64_t call_count = 0, other_calls = 0;
  bool durations = false;  // -T
  bool described = false;  // -y
  LogClock clock;          // at the end
  uint64_t lines = 0;
  std::set<int> own;  // descriptors that a loop watched before anybody could connect, and that do not listen

  [[nodiscard]] Pid process_of(Pid tid) const;
  [[nodiscard]] bool sees_accepts() const { return calls.contains("accept") || calls.contains("accept4"); }
};

[[nodiscard]] Survey survey_of(std::string_view log);

}  // namespace loopscope::exchange::strace
