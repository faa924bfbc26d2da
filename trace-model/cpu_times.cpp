// SPDX-License-Identifier: Apache-2.0
#include "trace-model/cpu_times.h"

#include "trace-model/times.h"

namespace loopscope::trace_model {

std::optional<Ns> ThreadCpu::ns() const {
  if (!measured) return std::nullopt;
  return last > first ? Ns(uint64_t(last) - uint64_t(first)) : 0;
}

ProcessCpu* CpuTimes::of(Pid pid) {
  ProcessCpu* known = processes_.find(uint64_t(pid));
  if (known || processes_.size() >= kMaxProcesses) return known;
  return &processes_[uint64_t(pid)];
}

void CpuTimes::take(const CpuRow& row, bool born) {
  const bool from_nothing = born || process(row.pid);
  if (!of(row.pid)) return;
  for (const CpuTime& time : row.threads) {
    ThreadCpu* known = threads_.find(uint64_t(time.tid));
    if (!known && threads_.size() >= kMaxThreads) continue;
    if (known && known->pid == row.pid) {
      known->measured = true;
    } else {
      known = &threads_[uint64_t(time.tid)];
      *known = {time.tid, row.pid, {}, from_nothing ? 0 : time.ns, 0, from_nothing};
    }
    known->last = time.ns;
    if (!time.comm.empty()) known->comm = time.comm;
  }
}

std::optional<Ns> CpuTimes::ended(const Exit& exit, bool born) {
  const ThreadCpu* known = find(exit.tid);
  ThreadCpu thread{exit.tid, exit.pid, {}, 0, 0, false};
  if (known && known->pid == exit.pid) {
    thread = *known;
    threads_.erase(uint64_t(exit.tid));
  } else if (!born && !process(exit.pid)) {
    return std::nullopt;  // what it had used before is not known
  }
  if (!exit.cpu_ns) return std::nullopt;
  thread.last = *exit.cpu_ns;
  thread.measured = true;
  ProcessCpu* process = of(exit.pid);
  if (!process) return thread.ns();
  const Ns used = thread.ns().value_or(0);
  process->ended_ns = time_after(process->ended_ns, used);
  if (helper(thread) && process->ended_helpers.size() < kMaxEndedHelpers)
    process->ended_helpers.push_back(thread);
  return used;
}

void CpuTimes::note_helper(Pid tid, UringHelper kind) {
  if (tid && helpers_.size() < kMaxHelpers) helpers_[uint64_t(tid)] = kind;
}

std::optional<UringHelper> CpuTimes::helper(const ThreadCpu& thread) const {
  if (thread.comm.starts_with("iou-sqp-")) return UringHelper::Poller;
  if (thread.comm.starts_with("iou-wrk-")) return UringHelper::Worker;
  const UringHelper* noted = thread.comm.empty() ? helpers_.find(uint64_t(thread.tid)) : nullptr;
  return noted ? std::optional(*noted) : std::nullopt;
}

}  // namespace loopscope::trace_model
