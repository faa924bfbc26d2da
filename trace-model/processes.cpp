// SPDX-License-Identifier: Apache-2.0
#include "trace-model/processes.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kMaxLoops = 64;    // per thread: a program may make an epoll instance for every request
constexpr size_t kMaxEnded = 4096;  // or a thread

}  // namespace

Loop& Thread::loop(WaitKind kind, FileId instance, Ns t) {
  for (const auto& known : loops)
    if (known->kind == kind && known->instance == instance) return *known;
  if (loops.size() >= kMaxLoops && instance != 0) return loop(kind, 0, t);
  Loop& made = *loops.emplace_back(std::make_unique<Loop>());
  made.pid = pid;
  made.tid = tid;
  made.kind = kind;
  made.instance = instance;
  made.first = t;
  return made;
}

Process* Processes::find(Pid pid) {
  auto* found = processes_.find(uint64_t(pid));
  return found ? found->get() : nullptr;
}

Thread* Processes::find_thread(Pid tid) {
  auto* found = threads_.find(uint64_t(tid));
  return found ? found->get() : nullptr;
}

Process& Processes::add(Pid pid) {
  auto& slot = processes_[uint64_t(pid)];
  slot = std::make_unique<Process>();
  slot->pid = pid;
  return *slot;
}

Thread& Processes::add_thread(Process& process, Pid tid) {
  auto& slot = threads_[uint64_t(tid)];
  slot = std::make_unique<Thread>();
  slot->tid = tid;
  slot->pid = process.pid;
  slot->table = process.table;
  return *slot;
}

void Processes::end_thread(Pid tid, Ns t) {
  auto* slot = threads_.find(uint64_t(tid));
  if (!slot) return;
  std::unique_ptr<Thread> thread = std::move(*slot);
  threads_.erase(uint64_t(tid));
  thread->exit_t = t;
  thread->table = nullptr;
  if (thread->loops.empty()) return;
  if (ended_.size() < kMaxEnded)
    ended_.push_back(std::move(thread));
  else
    ++left_out_;
}

}  // namespace loopscope::trace_model
