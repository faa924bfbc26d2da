// SPDX-License-Identifier: Apache-2.0
// One time line out of whatever times strace was told to print: nanoseconds since the first line, never going
// back. A log without times is given kStep from line to line, so that its order is kept and a wait counts as
// a sleep.
#pragma once

#include <optional>

#include "exchange/strace/log_line.h"

namespace loopscope::exchange::strace {

class LogClock {
 public:
  static constexpr Ns kStep = 100'000;

  // To be called for every line of strace's, in order. Copy the clock to look ahead.
  Ns at(const LogLine& line);

  [[nodiscard]] TimeKind kind() const { return kind_; }              // of the first line that had a time
  [[nodiscard]] std::optional<Ns> epoch() const { return epoch_; }   // time 0 since 1970, with -ttt
  [[nodiscard]] uint64_t steps_back() const { return steps_back_; }  // how often the log's clock was set back

 private:
  TimeKind kind_ = TimeKind::None;
  std::optional<Ns> first_, epoch_;
  Ns now_ = 0, offset_ = 0;
  bool begun_ = false;
  uint64_t steps_back_ = 0;
};

}  // namespace loopscope::exchange::strace
