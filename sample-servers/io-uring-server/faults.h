// SPDX-License-Identifier: Apache-2.0
// --bug: the faults one meets in io_uring loops, one at a time and on purpose, each written to the log as it
// happens. Without --bug every function here does nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sample-servers/common/event_log.h"
#include "sample-servers/common/handler_faults.h"
#include "sample-servers/io-uring-server/ring.h"

namespace loopscope::sample_servers {

enum class Fault {
  None,
  InHandler,         // blocking-sleep, blocking-fifo, long-cpu
  BusyPoll,          // busy-poll: io_uring_enter never waits
  AcceptNotRearmed,  // accept-not-rearmed: the multishot accept has ended, and nobody asks for another: deaf
  CqOverflow,        // cq-overflow: a completion queue that is too small, and emptied too slowly
};

class Faults {
 public:
  Faults(const std::string& name, const EventLog& log);
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  [[nodiscard]] static std::vector<std::string> names();
  // What a fault needs of the ring, and of the process.
  static void arrange(const std::string& name, RingOptions& ring);

  [[nodiscard]] bool are(Fault fault) const { return fault_ == fault; }

  // How many completions to wait for, and how many to take at once when `most` is usual.
  [[nodiscard]] unsigned least_completions() const { return fault_ == Fault::BusyPoll ? 0 : 1; }
  [[nodiscard]] size_t most_completions(size_t most) const;
  void in_handler(int connection);
  // Whether to leave it at that.
  [[nodiscard]] bool on_accept_ended(int listener_fd, int error) const;

 private:
  Fault fault_ = Fault::None;
  const EventLog& log_;
  std::optional<HandlerFault> in_handler_;
  HandlerFaults handler_;
};

}  // namespace loopscope::sample_servers
