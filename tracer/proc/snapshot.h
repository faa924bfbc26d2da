// SPDX-License-Identifier: Apache-2.0
// A trace made from /proc alone: what processes have open, which descriptors are listeners, what epoll
// watches, which calls are in progress. The same records that a recording begins with, so the same model and
// the same report.
//
// Nothing is stopped meanwhile: rows are true at their own `t`. Reading an epoll instance holds its lock; a
// program that changes its interest list at that moment waits (2 ms for 10 000 entries, measured).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "trace-model/events.h"
#include "tracer/proc/access.h"
#include "tracer/proc/proc_fs.h"
#include "tracer/proc/sockets.h"

namespace loopscope::tracer {

struct SnapshotOptions {
  std::vector<Pid> pids;  // threads stand for their process
  bool follow_children = true;
  bool skip_unreadable = false;            // of `pids` too: report them in snapshot_end instead of failing
  SocketScope sockets = SocketScope::All;  // Listening: the rest stays of kind "socket", without addresses
  std::vector<std::string> command{};      // for the header
};

// Begins with `trace`, ends with `end`. The error is a sentence: no such process, a kernel thread, no
// permission. Descendants that cannot be read, and whatever else could not, are named in snapshot_end's
// `incomplete`.
[[nodiscard]] std::expected<std::vector<trace_model::Event>, std::string> proc_snapshot(
    const SnapshotOptions& options, const ProcFs& proc = ProcFs());

}  // namespace loopscope::tracer
