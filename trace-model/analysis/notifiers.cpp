// SPDX-License-Identifier: Apache-2.0
#include "trace-model/analysis/notifiers.h"

#include "trace-model/call_plans.h"

namespace loopscope::trace_model {

void Notifiers::pair(FileId one, FileId other) {
  if (one == 0 || other == 0 || peers_.size() >= kMaxKept) return;
  peers_[one] = other;
  peers_[other] = one;
}

void Notifiers::on_row(const FdRow& row) {
  const SocketInfo& socket = row.socket;
  if (socket.inode == 0 || row.file == 0) return;
  const bool pipe = socket.kind == "pipe";
  // Neither end has a name: it was made by socketpair(2), and is no connection to a server.
  const bool end_of_pair = socket.kind == "unix" && socket.peer_inode != 0 && socket.local.empty();
  if (!pipe && !end_of_pair) return;
  const FileId* other = by_inode_.find(pipe ? socket.inode : socket.peer_inode);
  if (other && *other != row.file) pair(*other, row.file);
  if ((!pipe || !other) && by_inode_.size() < kMaxKept) by_inode_[socket.inode] = row.file;
}

void Notifiers::on_call(const Call& call, const OpenFiles& files) {
  if (call.error != 0) return;
  const CallPlan& plan = plan_of(*call.spec);
  if (plan.effect == Effect::Pair) return pair(call.pair_files[0], call.pair_files[1]);
  if (plan.writes < 0 || call.ret <= 0) return;
  const FileId id = call.files[size_t(plan.writes)];
  const OpenFile* file = id ? files.find(id) : nullptr;
  if (!file) return;
  Notification made{call.tid, call.id, call.t, call.returned(), LinkHow::Eventfd};
  FileId arrives = id;
  if (file->kind != FileKind::Eventfd) {
    if (file->kind != FileKind::Pipe && file->kind != FileKind::Unix) return;
    const FileId* peer = peers_.find(id);
    if (!peer) return;
    arrives = *peer;
    made.how = file->kind == FileKind::Pipe ? LinkHow::Pipe : LinkHow::Socketpair;
  }
  if (written_.size() >= kMaxKept && !written_.find(arrives)) return;
  Written& written = written_[arrives];
  written.last[written.count++ % written.last.size()] = made;
}

void Notifiers::closed(FileId file) {
  written_.erase(file);
  if (const FileId* peer = peers_.find(file)) peers_.erase(*peer);
  peers_.erase(file);
}

const Notification* Notifiers::first_within(FileId file, Ns from, Ns until) const {
  const Written* written = written_.find(file);
  if (!written) return nullptr;
  const uint32_t known = std::min<uint32_t>(written->count, uint32_t(written->last.size()));
  for (uint32_t i = written->count - known; i != written->count; ++i) {
    const Notification& each = written->last[i % written->last.size()];
    if (each.t <= until && each.end >= from) return &each;
  }
  return nullptr;
}

}  // namespace loopscope::trace_model
