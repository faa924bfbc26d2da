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
  if (row.socket.kind != "pipe" || row.socket.inode == 0 || row.file == 0) return;
  const FileId* known = pipe_by_inode_.find(row.socket.inode);
  if (!known) {
    if (pipe_by_inode_.size() < kMaxKept) pipe_by_inode_[row.socket.inode] = row.file;
  } else if (*known != row.file) {
    pair(*known, row.file);
  }
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
  if (written_.size() < kMaxKept || written_.find(arrives)) written_[arrives] = made;
}

void Notifiers::closed(FileId file) {
  written_.erase(file);
  if (const FileId* peer = peers_.find(file)) peers_.erase(*peer);
  peers_.erase(file);
}

const Notification* Notifiers::last(FileId file) const {
  return written_.find(file);
}

}  // namespace loopscope::trace_model
