// SPDX-License-Identifier: Apache-2.0
// Time that threads ran on a CPU while the trace was recorded: what their last reading says less what the
// first said. A thread that came up in between had run for no time before. The kernel's own helpers of
// io_uring, the threads that poll submission queues and those that do what cannot be done at once, run as
// threads of the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/flat_map.h"

namespace loopscope::trace_model {

enum class UringHelper { Poller, Worker };

struct ThreadCpu {
  Pid tid = 0, pid = 0;
  std::string comm;
  Ns first = 0, last = 0;
  bool measured = false;  // both are known
  [[nodiscard]] std::optional<Ns> ns() const;
};

struct ProcessCpu {
  Ns ended_ns = 0;  // of threads that ended
  std::vector<ThreadCpu> ended_helpers;
};

class CpuTimes {
 public:
  // `born`: the process came up during the trace.
  void take(const CpuRow& row, bool born);
  std::optional<Ns> ended(const Exit& exit, bool born);  // what the thread used, where that is known
  void note_helper(Pid tid, UringHelper kind);           // by what it did, or by what a ring says

  [[nodiscard]] const ThreadCpu* find(Pid tid) const { return threads_.find(uint64_t(tid)); }
  [[nodiscard]] const ProcessCpu* process(Pid pid) const { return processes_.find(uint64_t(pid)); }
  // By its name, iou-sqp-PID or iou-wrk-PID (io_uring/sqpoll.c, io_uring/io-wq.c), or else by what was noted.
  [[nodiscard]] std::optional<UringHelper> helper(const ThreadCpu& thread) const;
  template <typename Visit>
  void for_each(Visit&& visit) const {  // threads that live, in no order
    threads_.for_each([&](uint64_t, const ThreadCpu& thread) { visit(thread); });
  }

 private:
  // Beyond these nothing new is taken: a trace may say anything.
  static constexpr size_t kMaxThreads = 1 << 16, kMaxProcesses = 1 << 16, kMaxHelpers = 4096,
                          kMaxEndedHelpers = 256;

  ProcessCpu* of(Pid pid);

  FlatMap<ThreadCpu> threads_;
  FlatMap<ProcessCpu> processes_;  // those that a reading named
  FlatMap<UringHelper> helpers_;
};

}  // namespace loopscope::trace_model
