// SPDX-License-Identifier: Apache-2.0
// Processes and threads of a trace, with the descriptor table each uses and the loops each thread runs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace-model/analysis/activity.h"
#include "trace-model/fd_tables.h"
#include "trace-model/loops.h"

namespace loopscope::trace_model {

struct Process {
  Pid pid = 0, ppid = 0, nspid = 0;
  std::string comm, exe;
  std::vector<std::string> cmdline;
  uint64_t netns = 0, pidns = 0;
  FdTable* table = nullptr;  // of its threads that have none of their own
  Ns since = 0;
  Origin origin = Origin::Trace;
  std::optional<Ns> exit_t;
  int exit_code = 0, exit_signal = 0;
  bool used_uring = false;
};

struct Thread {
  Pid tid = 0, pid = 0;
  std::string comm;
  FdTable* table = nullptr;
  std::vector<std::unique_ptr<Loop>> loops;
  Loop* returned_from = nullptr;  // the loop whose iteration is running
  Ns returned_at = 0;
  AsleepIn asleep;
  Loop* asleep_loop = nullptr;
  std::unique_ptr<CallBody> asleep_call;  // what a poll, select or accept in progress names
  Origin asleep_origin = Origin::Trace;   // Snapshot: it was in progress before the trace began
  std::optional<Ns> exit_t;
  std::optional<Ns> cpu_ns;  // when it ended: what it used during the trace
  Activity activity;         // kept by Analysis

  Loop& loop(WaitKind kind, FileId instance, Ns t);
};

class Processes {
 public:
  [[nodiscard]] Process* find(Pid pid);
  [[nodiscard]] const Process* find(Pid pid) const { return const_cast<Processes*>(this)->find(pid); }
  [[nodiscard]] Thread* find_thread(Pid tid);
  [[nodiscard]] const Thread* find_thread(Pid tid) const {
    return const_cast<Processes*>(this)->find_thread(tid);
  }
  Process& add(Pid pid);
  Thread& add_thread(Process& process, Pid tid);
  // The thread ends; what it looped is kept for the report.
  void end_thread(Pid tid, Ns t);
  void erase(Pid pid) { processes_.erase(uint64_t(pid)); }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    processes_.for_each([&](uint64_t, const std::unique_ptr<Process>& p) { visit(*p); });
  }
  template <typename Visit>
  void for_each_thread(Visit&& visit) const {  // those that live
    threads_.for_each([&](uint64_t, const std::unique_ptr<Thread>& t) { visit(*t); });
  }
  [[nodiscard]] const std::vector<std::unique_ptr<Thread>>& ended() const { return ended_; }
  [[nodiscard]] uint64_t left_out() const { return left_out_; }  // ended threads not kept, to bound memory

 private:
  FlatMap<std::unique_ptr<Process>> processes_;
  FlatMap<std::unique_ptr<Thread>> threads_;
  std::vector<std::unique_ptr<Thread>> ended_;
  uint64_t left_out_ = 0;
};

}  // namespace loopscope::trace_model
