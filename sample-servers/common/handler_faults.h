// SPDX-License-Identifier: Apache-2.0
// Three ways to hold up a loop from inside a handler, on purpose: each takes about 50 ms, and writes down
// from when to when ("t" to "end_t") and for which connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <thread>

#include "sample-servers/common/event_log.h"
#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

enum class HandlerFault {
  BlockingSleep,  // nanosleep
  BlockingFifo,   // a read from a FIFO whose writer is slow
  LongCpu,        // computing
};

// "blocking-sleep", "blocking-fifo", "long-cpu".
[[nodiscard]] std::optional<HandlerFault> handler_fault(std::string_view name);

class HandlerFaults {
 public:
  explicit HandlerFaults(const EventLog& log) : log_(log) {}
  ~HandlerFaults();
  HandlerFaults(const HandlerFaults&) = delete;
  HandlerFaults& operator=(const HandlerFaults&) = delete;

  void commit(HandlerFault fault, int connection_fd);

 private:
  void read_slow_fifo();

  const EventLog& log_;
  UniqueFd fifo_;          // opened for reading and writing: opening it waits for nobody
  UniqueFd wish_, asked_;  // a pipe: a byte in wish_ makes the writer write to the FIFO, 50 ms later
  std::jthread writer_;
};

}  // namespace loopscope::sample_servers
