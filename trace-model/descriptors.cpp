// SPDX-License-Identifier: Apache-2.0
// What follows from a descriptor being opened or closed.
#include <algorithm>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {

using State = Model::State;

void State::install(FdTable& table, int fd, OpenFile& file, bool cloexec, Ns t, ListenerOrigin how) {
  if (fd < 0) return;
  const bool is_new = table.at(fd) != &file;
  if (is_new) {
    file.places.push_back(
        {table.id(), fd});  // before the removal, which may make room by forgetting closed files
    remove(table, fd, t);
  }
  table.entry(fd) = {&file, t, cloexec};
  if (is_new && file.kind == FileKind::Epoll) register_items(file);
  if (!is_new || !file.listening) return;
  Listener& listener = listeners.of(file);
  for (const Pid pid : table.pids) listeners.hold(listener, pid, fd, how, t);
  register_watchers(file);
}

void State::remove(FdTable& table, int fd, Ns t, Ns items_confirmed_before) {
  FdEntry* entry = table.find(fd);
  if (!entry || !entry->open) return;
  OpenFile& file = *entry->open;
  *entry = {nullptr, t, false};
  const auto place = std::ranges::find(file.places, Place{table.id(), fd});
  if (place != file.places.end()) file.places.erase(place);
  if (file.listening)
    for (const Pid pid : table.pids) release_holder(file, pid, fd, t);
  if (file.held()) {
    if (file.listening) register_watchers(file);  // now perhaps under another number of the same process
    return;
  }
  let_go(file, t, items_confirmed_before);
}

// Nothing known holds it any more: the kernel drops the file's registrations (eventpoll_release_file), a
// closed instance its interest list, and a closed ring what it holds.
void State::let_go(OpenFile& file, Ns t, Ns items_confirmed_before) {
  const auto drop_items = [&](const OpenFile& gone, Ns confirmed_before) {
    for (const Watcher& watcher : std::vector(gone.watchers)) {
      InterestList* list = interest.find(watcher.instance);
      const InterestItem* item = list ? list->find(gone.id, watcher.fd) : nullptr;
      if (item && item->confirmed < confirmed_before) list->remove(gone.id, watcher.fd, t, true);
    }
  };
  if (!file.watchers.empty()) drop_items(file, items_confirmed_before);
  if (file.kind == FileKind::Epoll) {
    if (InterestList* list = interest.find(file.id)) {
      list->remove_all(t);
      interest.erase(file.id);
    }
  }
  Ring* ring = file.kind == FileKind::IoUring ? rings.find(file.id) : nullptr;
  files.closed(file, [&](OpenFile& forgotten) {
    drop_items(forgotten, INT64_MAX);
    listeners.forget(forgotten.id);
  });
  if (ring) close_ring(*ring, t);  // lets go of files itself
}

FdTable& State::copy_of(const FdTable& table, FdTableId id) {
  FdTable& copy = tables.get(id);
  if (&copy == &table) return copy;
  table.for_each([&](int fd, const FdEntry& entry) {
    FdEntry& made = copy.entry(fd);
    if (made.open) return;  // a record about the copy was here first
    made = entry;
    entry.open->places.push_back({copy.id(), fd});
  });
  return copy;
}

void State::join_table(FdTable& table, Pid pid, Ns t, ListenerOrigin how) {
  if (std::ranges::find(table.pids, pid) != table.pids.end()) return;
  table.pids.push_back(pid);
  std::vector<const OpenFile*> held;
  table.for_each([&](int fd, const FdEntry& entry) {
    if (!entry.open->listening) return;
    listeners.hold(listeners.of(*entry.open), pid, fd, how, t);
    held.push_back(entry.open);
  });
  for (const OpenFile* file : held) register_watchers(*file);
}

void State::release_holder(const OpenFile& file, Pid pid, int fd, Ns t) {
  for (const Place& place : file.places) {
    const FdTable* table = place.fd == fd ? tables.find(place.table) : nullptr;
    if (table && std::ranges::find(table->pids, pid) != table->pids.end())
      return;  // held through another table
  }
  listeners.release(file.id, pid, fd, t);
}

void State::leave_table(FdTable& table, Pid pid, Ns t) {
  if (std::erase(table.pids, pid) == 0) return;
  if (!table.pids.empty()) {
    table.for_each([&](int fd, const FdEntry& entry) {
      if (entry.open->listening) release_holder(*entry.open, pid, fd, t);
    });
    return;
  }
  table.pids.push_back(pid);  // so that what is closed now counts as closed by it
  table.for_each([&](int fd, const FdEntry&) { remove(table, fd, t); });
  tables.erase(table.id());
}

OpenFile* State::confirm(FdTable& table, int fd, FileId file, Ns started, Ns t) {
  FdEntry* entry = table.find(fd);
  if (entry && entry->open && (file == 0 || entry->open->id == file)) {
    if (file != 0) entry->confirmed = t;
    return entry->open;
  }
  if (file == 0 || fd < 0) return nullptr;
  // A call that began before the number last changed says nothing about it now.
  if (entry && started < entry->confirmed) return files.find(file);
  OpenFile& seen = files.get(file);
  install(table, fd, seen, false, t, ListenerOrigin::Snapshot);
  return &seen;
}

void State::start_listening(OpenFile& file, ListenerOrigin how, Ns t) {
  file.listening = true;
  file.state = "listen";
  Listener& listener = listeners.of(file);
  for (const Place& place : file.places)
    if (const FdTable* table = tables.find(place.table))
      for (const Pid pid : table->pids) listeners.hold(listener, pid, place.fd, how, t);
  for (const SlotPlace& place : file.slots)
    if (const Ring* ring = rings.find(place.ring))
      listeners.hold_slot(listener, ring->pid, place.ring, place.slot, how, t);
  register_watchers(file);
  register_accepts(file);
}

void State::stop_listening(OpenFile& file, Ns t) {
  if (!file.listening) return;
  for (const Place& place : file.places)
    if (const FdTable* table = tables.find(place.table))
      for (const Pid pid : table->pids) listeners.release(file.id, pid, place.fd, t);
  for (const SlotPlace& place : file.slots) listeners.release_slot(file.id, place.ring, place.slot, t);
  file.listening = false;
  file.state = "unconnected";
}

void State::register_item(const InterestItem& item, FileId instance) {
  Listener* listener = item.target->listening ? listeners.find(item.target->id) : nullptr;
  const OpenFile* epoll = files.find(instance);
  if (!listener || !epoll) return;
  for (Holder& holder : listener->holders) {
    const Process* owner = holder.closed_t ? nullptr : processes.find(holder.pid);
    if (!owner || !owner->table || listener->holder_near(holder.pid, item.fd) != &holder) continue;
    const auto here = std::ranges::find(epoll->places, owner->table->id(), &Place::table);
    if (here == epoll->places.end()) continue;
    Registration made;
    made.how = item.ring ? WatchedBy::UringEpollCtl : WatchedBy::EpollCtl;
    made.instance = instance;
    made.ring = item.ring;
    made.epfd = holder.pid == item.pid ? item.epfd : here->fd;
    made.fd = item.fd;
    made.tid = item.tid;
    made.t = item.t;
    made.events = item.events;
    made.data = item.data;
    made.origin = item.origin;
    note(holder, made);
  }
}

void State::register_watchers(const OpenFile& file) {
  for (const Watcher& watcher : file.watchers) {
    InterestList* list = interest.find(watcher.instance);
    if (const InterestItem* item = list ? list->find(file.id, watcher.fd) : nullptr)
      register_item(*item, watcher.instance);
  }
}

void State::register_items(const OpenFile& epoll) {
  const InterestList* list = interest.find(epoll.id);
  if (!list) return;
  list->for_each([&](const InterestItem& item) {
    if (item.target->listening) register_item(item, epoll.id);
  });
}

}  // namespace loopscope::trace_model
