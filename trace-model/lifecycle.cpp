// SPDX-License-Identifier: Apache-2.0
// Processes and threads coming, going, and changing the descriptor table they use.
#include <algorithm>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr uint64_t kCloneFiles = 0x400;  // include/uapi/linux/sched.h

std::vector<Thread*> threads_of(const Processes& processes, Pid pid) {
  std::vector<Thread*> found;
  processes.for_each_thread([&](Thread& thread) {
    if (thread.pid == pid) found.push_back(&thread);
  });
  return found;
}

}  // namespace

using State = Model::State;

Process& State::process(Pid pid, Ns t) {
  if (Process* known = processes.find(pid); known && !known->exit_t) return *known;
  Process& made = processes.add(pid);
  made.since = t;
  made.table = &tables.get(0);
  join_table(*made.table, pid, t, ListenerOrigin::Snapshot);
  return made;
}

Thread& State::thread(Pid pid, Pid tid, Ns t) {
  Thread* known = processes.find_thread(tid);
  if (known && known->pid == pid) return *known;
  if (known) processes.end_thread(tid, t);
  return processes.add_thread(process(pid, t), tid);
}

FdTable* State::table_for(Pid pid, Pid tid) {
  if (Thread* known = processes.find_thread(tid); known && known->pid == pid) return known->table;
  const Process* owner = processes.find(pid);
  return owner ? owner->table : nullptr;
}

// CLOSE_RANGE_UNSHARE copies only a table that someone else uses (fs/file.c, __close_range).
void State::unshare_for_range(Thread& thread, Ns t) {
  size_t users = 0;
  processes.for_each_thread([&](const Thread& other) { users += other.table == thread.table; });
  if (users > 1) move_thread(thread, copy_of(*thread.table, 0), t);
}

std::vector<FdTable*> State::tables_of(const Process& process) {
  std::vector<FdTable*> found;
  if (process.table) found.push_back(process.table);
  for (const Thread* thread : threads_of(processes, process.pid))
    if (thread->table && std::ranges::find(found, thread->table) == found.end())
      found.push_back(thread->table);
  return found;
}

void State::set_table(Process& process, FdTable& table, Ns t, ListenerOrigin how) {
  FdTable* old = process.table;
  if (old == &table) return;
  process.table = &table;
  for (Thread* thread : threads_of(processes, process.pid))
    if (thread->table == old) thread->table = &table;
  join_table(table, process.pid, t, how);
  if (old) leave_table(*old, process.pid, t);
}

void State::move_thread(Thread& thread, FdTable& table, Ns t) {
  FdTable* old = thread.table;
  if (old == &table) return;
  Process& owner = process(thread.pid, t);
  thread.table = &table;
  if (thread.tid == owner.pid && owner.table == old) owner.table = &table;
  join_table(table, owner.pid, t, ListenerOrigin::Inherited);
  const std::vector<FdTable*> in_use = tables_of(owner);
  if (old && std::ranges::find(in_use, old) == in_use.end()) leave_table(*old, owner.pid, t);
}

void State::on(const Fork& fork) {
  Thread& parent = thread(fork.pid, fork.tid, fork.t);
  FdTable& from = *parent.table;
  const bool shared =
      fork.fdtable ? fork.fdtable == from.id() || (fork.flags & kCloneFiles) : fork.flags & kCloneFiles;
  if (fork.child == fork.pid) {
    Thread& made = thread(fork.pid, fork.child_tid, fork.t);
    made.comm = parent.comm;
    if (shared)
      made.table = &from;
    else
      move_thread(made, copy_of(from, fork.fdtable), fork.t);
    return;
  }
  if (const Process* known = processes.find(fork.child);
      known && !known->exit_t && fork.fdtable && known->table && known->table->id() == fork.fdtable)
    return;
  if (Process* stale = processes.find(fork.child); stale && !stale->exit_t) end_process(*stale, fork.t);

  const Process parents = *processes.find(fork.pid);
  Process& child = processes.add(fork.child);
  child = parents;
  child.pid = fork.child;
  child.ppid = fork.pid;
  child.nspid = fork.nspid;
  child.since = fork.t;
  child.origin = Origin::Fork;
  child.used_uring = false;
  child.table = shared ? &from : &copy_of(from, fork.fdtable);
  join_table(*child.table, child.pid, fork.t, ListenerOrigin::Inherited);
  if (processes.find_thread(fork.child_tid)) processes.end_thread(fork.child_tid, fork.t);
  processes.add_thread(child, fork.child_tid).comm = parents.comm;
}

void State::on(const Exec& exec) {
  Process& running = process(exec.pid, exec.t);
  for (const Thread* other : threads_of(processes, exec.pid))
    if (other->tid != exec.pid) processes.end_thread(other->tid, exec.t);
  Thread& only = thread(exec.pid, exec.pid, exec.t);
  only.asleep = {};
  only.returned_from = nullptr;
  if (!exec.exe.empty()) running.exe = exec.exe;

  // The kernel makes the table its own before it closes what is marked (fs/exec.c, begin_new_exec).
  const bool shared = running.table->pids.size() > 1;
  if (exec.fdtable ? exec.fdtable != running.table->id() : shared)
    set_table(running, copy_of(*running.table, exec.fdtable), exec.t, ListenerOrigin::Inherited);
  running.table->for_each([&](int fd, const FdEntry& entry) {
    if (entry.cloexec) remove(*running.table, fd, exec.t);
  });
  listeners.inherited_by_exec(exec.pid, [&](FileId instance) {
    const OpenFile* file = files.find(instance);
    return file && std::ranges::find(file->places, running.table->id(), &Place::table) != file->places.end();
  });
}

void State::on(const Unshare& record) {
  Thread& leaving = thread(record.pid, record.tid, record.t);
  if (record.fdtable && record.fdtable == leaving.table->id()) return;
  // close_range with CLOSE_RANGE_UNSHARE may have made the copy already, under a number of ours.
  if (leaving.table->id() >= kFirstPrivateTable && record.fdtable && !tables.find(record.fdtable) &&
      record.from != 0 && tables.find(record.from)) {
    rename_table(*leaving.table, record.fdtable);
    return;
  }
  const FdTable* from = record.from ? tables.find(record.from) : nullptr;
  move_thread(leaving, copy_of(from ? *from : *leaving.table, record.fdtable), record.t);
}

void State::rename_table(FdTable& table, FdTableId id) {
  const FdTableId old = table.id();
  table.for_each([&](int, const FdEntry& entry) {
    for (Place& place : entry.open->places)
      if (place.table == old) place.table = id;
  });
  tables.rename(table, id);
}

bool State::born_during_trace(Pid pid) {
  const Process* process = processes.find(pid);
  return process && process->origin == Origin::Fork;
}

void State::on(const CpuRow& row) {
  cpu.take(row, born_during_trace(row.pid));
}

void State::on(const Exit& exit) {
  const std::optional<Ns> used = cpu.ended(exit, born_during_trace(exit.pid));
  if (Thread* thread = processes.find_thread(exit.tid); thread && thread->pid == exit.pid)
    thread->cpu_ns = used;
  Process* ending = processes.find(exit.pid);
  if (!ending || ending->exit_t) return;
  if (exit.last) {
    ending->exit_code = exit.code;
    ending->exit_signal = exit.signal;
    end_process(*ending, exit.t);
    return;
  }
  Thread* thread = processes.find_thread(exit.tid);
  if (!thread || thread->pid != exit.pid) return;
  FdTable* own = thread->table;
  processes.end_thread(exit.tid, exit.t);
  const std::vector<FdTable*> in_use = tables_of(*ending);
  if (own && std::ranges::find(in_use, own) == in_use.end()) leave_table(*own, exit.pid, exit.t);
}

void State::end_process(Process& process, Ns t) {
  const Pid pid = process.pid;
  const std::vector<FdTable*> left = tables_of(process);
  process.table =
      nullptr;  // it watches nothing any more, and the first table may be gone before the last is left
  for (FdTable* table : left) leave_table(*table, pid, t);
  process.exit_t = t;
  bool looped = false;
  for (const Thread* thread : threads_of(processes, pid)) {
    looped = looped || !thread->loops.empty();
    processes.end_thread(thread->tid, t);
  }
  // Short-lived children that did nothing a report speaks of would fill it, and the memory.
  if (!looped && !listeners.any_of(pid) && process.origin == Origin::Fork) processes.erase(pid);
}

}  // namespace loopscope::trace_model
