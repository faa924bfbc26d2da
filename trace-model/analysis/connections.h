// SPDX-License-Identifier: Apache-2.0
// What Requests remembers of a connection while it is open. For Requests only.
#pragma once

#include <optional>

#include "trace-model/analysis/requests.h"
#include "trace-model/listeners.h"

namespace loopscope::trace_model {

struct Connection {
  FileId file = 0, listener = 0;
  std::string peer;
  std::optional<Ns> accepted;  // and nothing was read or written since
  std::optional<Ns> ready;     // a wait named it, and nothing was read since
  Ns last_write = INT64_MIN;   // its end
  uint64_t exchanges = 0;      // begun
  uint64_t bytes_over = 0;     // with request_bytes: read, and not of a whole request yet
  bool was_read = false, was_written = false;
  bool counts = false;  // something of it lies within the window
  Pid pid = 0;          // who read or wrote it first

  bool in_request = false;
  bool wanted = false;
  Request request;        // then; also keeps the memory of its lists
  RequestTime until_now;  // becomes request.time with the next write
  uint32_t calls_until_now = 0;
  size_t opened_at_write = 0, connected_at_write = 0;
  uint32_t opened_total_at_write = 0, connected_total_at_write = 0;

  // The thread that serves it, where it is in its calls, and up to when time is accounted for.
  Pid tid = 0;
  RecordId burst = 0;
  uint32_t calls_of_thread = 0;
  Ns seen = 0;

  [[nodiscard]] bool attended_by(Pid who, const Activity& activity, uint32_t calls_since) const {
    return in_request && tid == who && burst == activity.burst.id &&
           activity.recent_next - calls_of_thread == calls_since;
  }
};

// The listener whose connection a socket is that was there before the trace began: that has its local
// address. 0: none.
[[nodiscard]] FileId listener_of(const OpenFile& socket, const Listeners& listeners);

}  // namespace loopscope::trace_model
