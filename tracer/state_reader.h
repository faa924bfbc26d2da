// SPDX-License-Identifier: Apache-2.0
// Reads what the targets are like now - threads, calls in progress, descriptors, epoll interest lists - with
// the iterators of the kernel side, and puts it into the order of events. None of it runs in the target or
// takes a lock of its epoll instances.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "trace-model/events.h"
#include "tracer/bpf_session.h"
#include "tracer/event_order.h"

namespace loopscope::tracer {

class StateReader {
 public:
  StateReader(BpfSession& bpf, EventOrder& order, uint64_t start_ns)
      : bpf_(bpf), order_(order), start_ns_(start_ns) {}

  // Marks the threads of all targets and of their descendants; again until a pass finds none new, for a
  // process may fork while it is looked at. Returns the rows of the last pass.
  [[nodiscard]] std::expected<std::vector<wire_task_row>, std::string> mark_threads();

  // How long each thread has run so far: one CpuRow for each process.
  void add_cpu_times(const std::vector<wire_task_row>& threads);

  // Rows for the processes in `only` (all where it is empty), then a SnapshotEnd.
  [[nodiscard]] std::expected<void, std::string> read(trace_model::Origin origin,
                                                      const std::vector<wire_task_row>& threads,
                                                      const std::set<trace_model::Pid>& only);

 private:
  void add_processes(trace_model::Origin origin, const std::vector<wire_task_row>& threads,
                     const std::set<trace_model::Pid>& only, std::vector<trace_model::Pid>& pids);
  void add_descriptors(trace_model::Origin origin, std::span<const std::byte> rows,
                       const std::set<trace_model::Pid>& only);
  void add_rings(trace_model::Origin origin, std::span<const std::byte> rows,
                 const std::set<trace_model::Pid>& only);

  BpfSession& bpf_;
  EventOrder& order_;
  uint64_t start_ns_;
  std::optional<int>
      multishot_bit_;  // REQ_F_APOLL_MULTISHOT of this kernel, looked up when it is first needed
};

[[nodiscard]] uint64_t monotonic_ns();

}  // namespace loopscope::tracer
