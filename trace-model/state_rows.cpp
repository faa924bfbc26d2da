// SPDX-License-Identifier: Apache-2.0
// The state written down as the rows a snapshot would have.
#include <algorithm>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

using State = Model::State;

ProcessRow process_row(const State& state, const Process& process, Ns t) {
  ProcessRow row;
  row.t = t;
  row.pid = process.pid;
  row.ppid = process.ppid;
  row.nspid = process.nspid;
  row.fdtable = process.table->id();
  row.comm = process.comm;
  row.exe = process.exe;
  row.cmdline = process.cmdline;
  row.netns = process.netns;
  row.pidns = process.pidns;
  state.processes.for_each_thread([&](const Thread& thread) {
    if (thread.pid == process.pid) row.threads.push_back({thread.tid, thread.comm});
  });
  std::ranges::sort(row.threads, {}, &ThreadName::tid);
  return row;
}

FdRow fd_row(Pid pid, FdTableId table, int fd, const FdEntry& entry, Ns t) {
  const OpenFile& file = *entry.open;
  FdRow row;
  row.t = t;
  row.pid = pid;
  row.fd = fd;
  row.file = file.id;
  row.fdtable = table;
  row.socket = {std::string(kind_name(file.kind)),
                file.state,
                file.sock_type,
                file.local,
                file.peer,
                file.backlog,
                file.queue,
                file.inode,
                file.drops};
  row.path = file.path;
  row.cloexec = entry.cloexec;
  row.nonblock = file.nonblock;
  return row;
}

WatchRow watch_row(Pid pid, int epfd, FileId instance, const InterestItem& item, bool closed, Ns t) {
  WatchRow row;
  row.t = t;
  row.pid = pid;
  row.epfd = epfd;
  row.file = instance;
  row.fd = item.fd;
  row.target = item.target->id;
  row.events = item.events;
  row.data = item.data;
  row.target_closed = closed;
  return row;
}

RingRow ring_row(const Ring& ring, Ns t) {
  RingRow row;
  row.t = t;
  row.pid = ring.pid;
  row.ring = ring.id;
  row.fd = ring.fd;
  row.sq_entries = ring.sq_entries;
  row.cq_entries = ring.cq_entries;
  row.flags = ring.flags;
  row.sq_thread = ring.sq_thread;
  row.origin = Origin::Snapshot;
  return row;
}

Sqe armed_row(const Operation& op, Ns t) {
  Sqe row;
  if (op.whole) row = *op.whole;
  row.id = op.id;
  row.t = t;
  row.pid = op.pid;
  row.tid = op.tid;
  row.ring = op.ring;
  row.op = op.op;
  row.fd = op.fd;
  row.fixed = op.fixed;
  row.file_id = op.file < kFirstPrivateFile ? op.file : 0;
  row.user_data = op.user_data;
  row.flags = op.flags;
  row.poll = op.poll;
  row.direct = op.direct;
  row.multishot = op.multishot;
  row.origin = Origin::Snapshot;
  for (FileId& file : row.files)
    if (file >= kFirstPrivateFile) file = 0;
  return row;
}

// Completions will name them by the ids they have.
void append_operations(const Rings& rings, Ns t, std::vector<Event>& rows) {
  std::vector<Sqe> armed;
  rings.for_each_operation([&](const Operation& op) { armed.push_back(armed_row(op, t)); });
  std::ranges::sort(armed, {}, &Sqe::id);
  for (Sqe& row : armed) rows.emplace_back(std::move(row));
}

void append_rings(const Rings& rings, Ns t, std::vector<Event>& rows) {
  std::vector<RingRow> open;
  rings.for_each([&](const Ring& ring) {
    if (!ring.closed_t && ring.id < kFirstPrivateFile) open.push_back(ring_row(ring, t));
  });
  std::ranges::sort(open, {}, &RingRow::ring);
  rows.insert(rows.end(), open.begin(), open.end());
}

}  // namespace

std::vector<Event> Model::state_rows(Ns t) const {
  std::vector<const Process*> live;
  state_->processes.for_each([&](const Process& process) {
    if (!process.exit_t && process.table) live.push_back(&process);
  });
  std::ranges::sort(live, {}, &Process::pid);

  std::vector<Event> rows;
  append_operations(state_->rings, t, rows);
  SnapshotEnd end;
  end.t = end.since = t;
  for (const Process* process : live) {
    end.pids.push_back(process->pid);
    rows.emplace_back(process_row(*state_, *process, t));
    for (const FdTable* table : state_->tables_of(*process)) {
      const FdTableId stated = table == process->table ? 0 : table->id();
      table->for_each([&](int fd, const FdEntry& entry) {
        rows.emplace_back(fd_row(process->pid, stated, fd, entry, t));
      });
    }
  }
  for (const Process* process : live)
    process->table->for_each([&](int epfd, const FdEntry& entry) {
      const InterestList* list =
          entry.open->kind == FileKind::Epoll ? state_->interest.find(entry.open->id) : nullptr;
      if (!list) return;
      list->for_each([&](const InterestItem& item) {
        const bool closed = process->table->at(item.fd) != item.target;
        rows.emplace_back(watch_row(process->pid, epfd, list->instance(), item, closed, t));
      });
    });
  append_rings(state_->rings, t, rows);
  rows.emplace_back(end);
  return rows;
}

}  // namespace loopscope::trace_model
