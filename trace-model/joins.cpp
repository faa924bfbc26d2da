// SPDX-License-Identifier: Apache-2.0
// Which file and number stand behind what an epoll call returned.
#include "trace-model/model_state.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {

using State = Model::State;

InterestList* State::list_of(const CallBody& call) {
  if (call.files[0]) return interest.find(call.files[0]);
  const FdTable* table = table_for(call.pid, call.tid);
  const OpenFile* instance = table ? table->at(int(call.args[0])) : nullptr;
  return instance ? interest.find(instance->id) : nullptr;
}

void State::join(Call& call) {
  const WaitKind kind = call.spec ? call.spec->wait : WaitKind::None;
  if (kind == WaitKind::Poll || kind == WaitKind::Select) {
    const FdTable* table = table_for(call.pid, call.tid);
    for (ReadyEntry& ready : call.ready)
      if (const OpenFile* file = table && ready.file == 0 ? table->at(ready.fd) : nullptr;
          file && file->id < kFirstPrivateFile)
        ready.file = file->id;
    return;
  }
  if (kind != WaitKind::Epoll) return;
  call.uncertain = uncertain && !call.ready.empty();
  InterestList* list = list_of(call);
  for (ReadyEntry& ready : call.ready) {
    ready.fd = -1;
    ready.file = 0;
    ready.candidates.clear();
    if (!list) continue;
    size_t found = 0;
    list->for_data(ready.data, [&](const InterestItem& item) {
      if (++found > 1) {
        if (found == 2) ready.candidates.push_back(ready.fd);
        ready.candidates.push_back(item.fd);
      }
      ready.fd = item.fd;
      ready.file = item.target->id;
    });
    if (found > 1) {
      ready.fd = -1;
      ready.file = 0;
    }
    if (found != 0) continue;
    // Changed or removed while the wait was returning, or held open by someone outside the trace.
    if (const FormerItem* former = list->former(ready.data, call.t)) {
      ready.fd = former->fd;
      ready.file = former->target;
    }
  }
  for (ReadyEntry& ready : call.ready)
    if (ready.file >= kFirstPrivateFile) ready.file = 0;
}

void State::join(Cqe& cqe) {
  const Operation* op = rings.operation(cqe.sqe);
  if (!op || op->ring != cqe.ring) return;
  cqe.op = op->op;
  cqe.user_data = op->user_data;
  cqe.fd = op->fd;
  cqe.fixed = op->fixed;
  cqe.direct = op->direct.has_value();
  cqe.of = op->file < kFirstPrivateFile ? op->file : 0;
  if (!op->found) cqe.took = elapsed(op->t, cqe.t);
  if (cqe.ready.empty() || !op->whole || op->op != uring::kEpollWait) return;
  // What epoll_wait would have returned.
  Call& call = rings.scratch;
  call.clear();
  static_cast<CallBody&>(call) = static_cast<const CallBody&>(*op->whole);
  call.t = op->t;
  call.ready.swap(cqe.ready);
  join(call);
  call.ready.swap(cqe.ready);
  cqe.uncertain = call.uncertain;
}

}  // namespace loopscope::trace_model
