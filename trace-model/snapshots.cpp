// SPDX-License-Identifier: Apache-2.0
// Rows read from the kernel: they add what no call was seen to do, and end what they no longer show.
#include <algorithm>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kMaxGaps = 10'000;

ListenerOrigin held_through(Origin origin) {
  return origin == Origin::Exec || origin == Origin::Fork ? ListenerOrigin::Inherited
                                                          : ListenerOrigin::Snapshot;
}

void replace_stated(std::string& known, const std::string& stated) {
  if (!stated.empty()) known = stated;
}

}  // namespace

using State = Model::State;

void State::on(const ProcessRow& row) {
  Process& known = process(row.pid, row.t);
  if (row.ppid) known.ppid = row.ppid;
  if (row.nspid) known.nspid = row.nspid;
  if (row.netns) known.netns = row.netns;
  if (row.pidns) known.pidns = row.pidns;
  replace_stated(known.comm, row.comm);
  replace_stated(known.exe, row.exe);
  if (!row.cmdline.empty()) known.cmdline = row.cmdline;
  known.origin = row.origin;
  if (row.fdtable && row.fdtable != known.table->id()) {
    if (known.table->id() >= kFirstPrivateTable && !tables.find(row.fdtable))
      rename_table(*known.table, row.fdtable);
    else
      set_table(known, tables.get(row.fdtable), row.t, held_through(row.origin));
  }
  for (const ThreadName& name : row.threads) replace_stated(thread(row.pid, name.tid, row.t).comm, name.comm);
}

void State::on(const QueueRow& row) {
  Listener* listener = listeners.find(row.file);
  OpenFile* file = files.find(row.file);
  if (!listener || !file) return;
  file->backlog = listener->backlog = row.backlog;
  file->queue = row.queue;
  file->drops = row.drops;
  listener->note_queue(row.queue);
  listener->note_drops(row.drops);
}

void State::on(const FdRow& row) {
  Process& owner = process(row.pid, row.t);
  FdTable& table = row.fdtable ? tables.get(row.fdtable) : *owner.table;
  const ListenerOrigin how = held_through(row.origin);
  join_table(table, row.pid, row.t, how);
  OpenFile* there = table.at(row.fd);
  OpenFile& file = row.file == 0 && there ? *there : files.get(row.file);
  const bool was_listening = file.listening;
  file.take(row.socket);
  replace_stated(file.path, row.path);
  file.set_nonblock(row.nonblock);
  owner.used_uring = owner.used_uring || file.kind == FileKind::IoUring;
  install(table, row.fd, file, row.cloexec, row.t, how);
  // What an instance watches may have been read before its own descriptor was.
  if (InterestList* list = there != &file && file.kind == FileKind::Epoll ? interest.find(file.id) : nullptr)
    list->for_each([&](const InterestItem& item) { register_item(item, file.id); });
  const bool listens = row.socket.state == "listen";
  if (listens)
    start_listening(file, how, row.t);
  else if (was_listening && !row.socket.state.empty())
    stop_listening(file, row.t);
}

void State::on(const WatchRow& row) {
  Process& owner = process(row.pid, row.t);
  OpenFile* epoll = row.file ? &files.get(row.file) : owner.table->at(row.epfd);
  OpenFile* target = row.target ? &files.get(row.target) : owner.table->at(row.fd);
  if (!epoll || !target) return;
  epoll->kind = FileKind::Epoll;
  InterestList& list = interest.get(epoll->id);
  const bool known = list.find(target->id, row.fd);
  InterestItem& item = list.add(*target, row.fd, row.events, row.data, row.t);
  if (!known) {
    item.origin = row.origin;
    item.pid = row.pid;
    item.epfd = row.epfd;
  }
  list.tell(item, row.t);
  register_item(item, epoll->id);
}

void State::on(const SnapshotEnd& record) {
  if (record.origin != Origin::Exec) uncertain = false;
  note_sleepers();
  if (!record.incomplete.empty()) {
    incomplete.push_back(record.incomplete);
    return;  // what no row confirmed may be what could not be read
  }
  for (const Pid pid : record.pids) {
    const Process* read = processes.find(pid);
    if (!read || read->exit_t) continue;
    for (FdTable* table : tables_of(*read)) {
      table->for_each([&](int fd, const FdEntry& entry) {
        if (entry.confirmed < record.since) remove(*table, fd, record.t, record.since);
      });
      // After an exec only descriptors are read again.
      if (record.origin != Origin::Exec) drop_unconfirmed_items(*table, record.since, record.t);
    }
  }
}

void State::drop_unconfirmed_items(const FdTable& table, Ns since, Ns t) {
  table.for_each([&](int, const FdEntry& entry) {
    InterestList* list = entry.open->kind == FileKind::Epoll ? interest.find(entry.open->id) : nullptr;
    if (!list) return;
    std::vector<std::pair<FileId, int>> gone;
    list->for_each([&](const InterestItem& item) {
      if (item.confirmed < since) gone.emplace_back(item.target->id, item.fd);
    });
    for (const auto& [target, fd] : gone) {
      list->remove(target, fd, t, false);
      if (Listener* listener = listeners.find(target)) note_unwatched(*listener, list->instance(), fd, t);
    }
  });
}

void State::on(const Lost& record) {
  lost += record.count;
  ++gap_count;
  if (gaps.size() < kMaxGaps)
    gaps.push_back({record.t, record.until, record.count, record.loss_class, record.id});
  if (record.loss_class == LossClass::Call || record.loss_class == LossClass::Lifecycle) uncertain = true;
  // What a thread did since its last wait is no longer known to be one iteration.
  processes.for_each_thread([](Thread& thread) { thread.returned_from = nullptr; });
}

}  // namespace loopscope::trace_model
