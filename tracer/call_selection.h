// SPDX-License-Identifier: Apache-2.0
// Which calls a recording holds: `--calls LIST` and `--no-io`.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/wire_events.h"
#include "trace-model/call_table.h"

namespace loopscope::tracer {

struct CallSelection {
  std::vector<const trace_model::CallSpec*> calls;  // sorted by name, only those this machine has
  bool io = true;                                   // reads and writes are among them
  bool rights_only = false;                         // recvmsg is kept only for the descriptors it received
};

// `list` is empty for the default set, else names of calls and groups separated by commas. Groups: default,
// lab, io, epoll, io_uring, notify, process; with an @ before them, since a call has the same name: @poll,
// @socket, @accept,
// @open, @close, @dup. Calls that keep the descriptor table true are always added. An unknown name is an
// error that names it and its nearest neighbours.
[[nodiscard]] std::expected<CallSelection, std::string> select_calls(std::string_view list, bool no_io);

// The operations of io_uring that go with these calls, a bit for each (IORING_OP_): those that are the ring's
// form of a selected call, and where io_uring_enter is selected, those that are no call's.
[[nodiscard]] uint64_t ring_operations(const CallSelection& selection);

// Those whose loss would make descriptor tables wrong.
[[nodiscard]] uint64_t ring_operations_of_tables();

// The table the kernel side works from, indexed by call number.
[[nodiscard]] std::vector<call_shape> shapes_of(const CallSelection& selection, bool peek);

}  // namespace loopscope::tracer
