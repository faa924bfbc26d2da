// SPDX-License-Identifier: Apache-2.0
// Files that rings hold: in slots, and those whose connections or readiness their operations wait for.
#include <algorithm>

#include "trace-model/model_state.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {

using State = Model::State;

void State::install_slot(FileId id, uint32_t slot, OpenFile& file, Ns t, ListenerOrigin how) {
  Ring* ring = rings.find(id);
  if (!ring) return;
  const FileId* there = ring->slots.find(slot);
  if (there && *there == file.id) return;
  file.slots.push_back({id, slot});  // before the removal, which may make room by forgetting closed files
  remove_slot(id, slot, t);
  ring->slots[slot] = file.id;
  if (file.listening) listeners.hold_slot(listeners.of(file), ring->pid, id, slot, how, t);
}

void State::remove_slot(FileId id, uint32_t slot, Ns t) {
  Ring* ring = rings.find(id);
  const FileId* there = ring ? ring->slots.find(slot) : nullptr;
  if (!there) return;
  OpenFile* file = files.find(*there);
  ring->slots.erase(slot);
  if (!file) return;
  std::erase(file->slots, SlotPlace{id, slot});
  if (file->listening) listeners.release_slot(file->id, id, slot, t);
  if (!file->held()) let_go(*file, t, INT64_MAX);
}

void State::remove_slots(FileId id, Ns t) {
  const Ring* ring = rings.find(id);
  if (!ring) return;
  std::vector<uint32_t> slots;
  ring->slots.for_each([&](uint64_t slot, FileId) { slots.push_back(uint32_t(slot)); });
  for (const uint32_t slot : slots) remove_slot(id, slot, t);
}

// The kernel cancels what is in flight; completions that say so may follow.
void State::close_ring(Ring& ring, Ns t) {
  ring.closed_t = t;
  remove_slots(ring.id, t);
  if (!ring.watches) return;
  listeners.for_each([&](Listener& listener) { note_ring_closed(listener, ring.id, t); });
}

void State::register_accept(Operation& op, const OpenFile& file) {
  Listener* listener = listeners.find(file.id);
  Ring* ring = rings.find(op.ring);
  if (!listener || !ring || op.registered) return;
  const int fd = op.fixed ? -1 : op.fd;
  Holder* holder = op.fixed ? listener->slot_holder(op.ring, uint32_t(op.fd)) : nullptr;
  if (!holder) holder = listener->holder_near(op.pid, fd);
  if (!holder) return;
  Registration made;
  made.how = WatchedBy::Uring;
  made.instance = made.ring = op.ring;
  made.epfd = ring->fd;
  made.fd = fd;
  made.tid = op.tid;
  made.t = op.t;
  made.events = op.poll;
  made.data = op.user_data;
  made.origin = op.found ? Origin::Snapshot : Origin::Trace;
  made.op = op.op;
  made.multishot = op.multishot;
  note_armed(*holder, made);
  op.registered = ring->watches = true;
}

void State::disarm(const Operation& op, Ns t) {
  Listener* listener = op.registered ? listeners.find(op.file) : nullptr;
  if (listener) note_disarmed(*listener, op.op, op.ring, op.fixed ? -1 : op.fd, t);
}

void State::register_accepts(const OpenFile& file) {
  if (rings.early_accepts.empty()) return;
  std::erase_if(rings.early_accepts, [&](RecordId id) {
    Operation* op = rings.operation(id);
    if (op && op->file == file.id) register_accept(*op, file);
    return !op || op->registered;
  });
}

}  // namespace loopscope::trace_model
