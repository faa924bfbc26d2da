// SPDX-License-Identifier: Apache-2.0
// What the state of the targets was read to be, before kernel addresses are turned into the numbers of the
// trace. That happens when a record takes its place in the order of time: an address means one file before a
// call that makes another at the same place, and that other after it.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bpf/wire_events.h"
#include "trace-model/events.h"

namespace loopscope::tracer {

struct ProcessObservation {
  trace_model::ProcessRow row;
  uint64_t files = 0;                                // of the leader
  std::vector<std::pair<uint32_t, uint64_t>> apart;  // threads with a table of their own: tid, table
};

struct FdObservation {
  wire_fd_row row{};
  std::string link;  // of /proc/PID/fd/N; empty for sockets and where it could not be read
  trace_model::Origin origin = trace_model::Origin::Snapshot;
};

struct WatchObservation {
  wire_watch_row row{};
  uint64_t instance_file = 0;
  int epfd = -1;
  trace_model::Pid pid = 0;
  bool target_closed = false;
  trace_model::Origin origin = trace_model::Origin::Snapshot;
};

struct PendingObservation {
  wire_task_row row{};
  trace_model::Pending pending;  // its arguments; times and identities are not yet set
  trace_model::Origin origin = trace_model::Origin::Snapshot;
  bool again = false;  // say it though it was said before
};

struct QueueObservation {
  wire_queue_row row;
};

struct RingObservation {
  wire_ring row;
  trace_model::Origin origin;
};

// An operation that waits in a ring.
struct ArmedObservation {
  wire_armed_row row{};
  int fd = -1;  // a number of its file in the process
  bool multishot = false;
  trace_model::Origin origin = trace_model::Origin::Snapshot;
};

using Observation = std::variant<trace_model::Event, ProcessObservation, FdObservation, WatchObservation,
                                 QueueObservation, RingObservation, ArmedObservation, PendingObservation>;

}  // namespace loopscope::tracer
