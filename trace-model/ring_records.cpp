// SPDX-License-Identifier: Apache-2.0
// `ring`, `sqe` and `cqe`: operations from when they are taken to when they complete. What an operation does
// takes effect with its completion, as the call it is the form of does when it returns.
#include <algorithm>

#include "trace-model/model_state.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

using State = Model::State;

constexpr int kEcanceled = 125, kEnobufs = 105, kMaxErrno = 4095;
constexpr size_t kMaxSilent = 4096;

int error_of(int64_t res) {
  return res < 0 && res >= -kMaxErrno ? int(-res) : 0;
}

bool waits_for_connections(uint8_t op) {
  return op == uring::kAccept || op == uring::kPollAdd;
}

bool takes_effect(const Sqe& sqe) {
  const UringOp* op = uring_op(sqe.op);
  return sqe.spec && op && (op->may_change_fds || sqe.op == uring::kEpollWait);
}

// What waits for connections may do so for as long as the trace lasts.
bool may_be_silent(const Operation& op) {
  return (op.flags & uring::kSqeSkipSuccess) && !op.multishot && !waits_for_connections(op.op);
}

// Its result is a number that nothing but its completion tells.
bool makes_number(const Operation& op) {
  if (op.op == uring::kFixedFdInstall) return true;
  const bool makes = op.op == uring::kOpenat || op.op == uring::kOpenat2 || op.op == uring::kSocket;
  return makes && (!op.direct || *op.direct == kDirectAlloc);
}

// Where what it makes goes.
std::optional<uint32_t> slot_made(const Operation& op, int64_t res) {
  if (!op.direct || *op.direct != kDirectAlloc) return op.direct;
  return res >= 0 && res < kDirectAlloc ? std::optional(uint32_t(res)) : std::nullopt;
}

void count_result(OperationCounts& counts, const Cqe& cqe) {
  ++counts.results;
  if (cqe.res >= 0) return;
  const int error = error_of(cqe.res);
  ++counts.failed;
  ++counts.errors[uint64_t(error)];
  counts.cancelled += error == kEcanceled;
}

// The first completion tells how long the operation took; those that follow of a multishot one came when they
// came.
void count_times(OperationCounts& counts, const Operation& op, const Cqe& cqe) {
  if (cqe.woken) counts.to_cqe.add(elapsed(*cqe.woken, cqe.t));
  if (op.answered || op.found) return;
  counts.latency.add(elapsed(op.t, cqe.t));
  if (!cqe.armed) return;
  counts.to_armed.add(elapsed(op.t, *cqe.armed));
  if (cqe.woken && *cqe.woken >= *cqe.armed) counts.to_woken.add(elapsed(*cqe.armed, *cqe.woken));
}

Operation operation_of(const Sqe& sqe) {
  Operation op;
  op.id = sqe.id;
  op.t = sqe.t;
  op.user_data = sqe.user_data;
  op.ring = sqe.ring;
  op.file = sqe.file_id;
  op.pid = sqe.pid;
  op.tid = sqe.tid;
  op.fd = sqe.fd;
  op.flags = sqe.flags;
  op.poll = sqe.poll;
  op.direct = sqe.direct;
  op.op = sqe.op;
  op.fixed = sqe.fixed;
  op.multishot = sqe.multishot;
  op.found = sqe.origin != Origin::Trace;
  return op;
}

}  // namespace

Ring& State::ring(FileId id, Pid pid, Ns t) {
  Ring& known = rings.get(id, t, [&](Ring& dropped) { close_ring(dropped, t); });
  if (!known.pid) known.pid = pid;
  return known;
}

void State::on(const RingRow& row) {
  Ring& known = ring(row.ring, row.pid, row.t);
  if (row.fd >= 0 && (known.fd < 0 || known.pid == row.pid)) known.fd = row.fd;
  if (row.sq_entries) known.sq_entries = row.sq_entries;
  if (row.cq_entries) known.cq_entries = row.cq_entries;
  known.flags |= row.flags;
  if (row.sq_thread) known.sq_thread = row.sq_thread;
  cpu.note_helper(row.sq_thread, UringHelper::Poller);
  known.origin = row.origin;
  if (OpenFile* file = files.find(row.ring)) file->kind = FileKind::IoUring;
  if (Process* owner = processes.find(row.pid); owner && !owner->exit_t) owner->used_uring = true;
}

// Completions may follow the end of the process; they must not bring it back.
Thread* State::submitter(Pid pid, Pid tid, Ns t) {
  if (!pid) return nullptr;
  const Process* owner = processes.find(pid);
  if (owner && owner->exit_t) return nullptr;
  return &thread(pid, tid ? tid : pid, t);
}

// Of an operation that completes, perhaps much later, while something else is in hand: its number may have
// gone to a thread of another process, which then stays.
Thread* State::submitter_still(const Operation& op, Ns t) {
  const Thread* known = processes.find_thread(op.tid ? op.tid : op.pid);
  return known && known->pid != op.pid ? nullptr : submitter(op.pid, op.tid, t);
}

// Descriptors are looked up now: while the operation is in flight their numbers may come to name other files.
void State::prepare(Sqe& sqe, Ring& ring) {
  if (!sqe.spec) sqe.spec = call_of_op(sqe.op);
  const int named = descriptor_argument(sqe.op);
  if (named >= 0 && sqe.fixed) sqe.present &= uint8_t(~(1u << named)), sqe.args[size_t(named)] = -1;
  if (named >= 0 && !sqe.fixed && sqe.fd >= 0) sqe.set(named, sqe.fd);
  if (sqe.fixed && sqe.file_id)
    install_slot(ring.id, uint32_t(sqe.fd), files.get(sqe.file_id), sqe.t, ListenerOrigin::Snapshot);
  if (const FileId* there = sqe.fixed ? ring.slots.find(uint32_t(sqe.fd)) : nullptr) sqe.file_id = *there;
  const Thread* taker = submitter(sqe.pid, sqe.tid, sqe.t);
  if (taker && !sqe.fixed && sqe.fd >= 0)
    if (const OpenFile* file = confirm(*taker->table, sqe.fd, sqe.file_id, sqe.t, sqe.t))
      sqe.file_id = file->id;
  if (named >= 0) sqe.files[size_t(named)] = sqe.file_id;
  if (!taker || !sqe.spec) return;
  confirm_arguments(*taker->table, sqe, sqe.t, sqe.t);
  for (size_t i = 0; i < sqe.spec->args.size(); ++i)
    if (sqe.spec->args[i].kind == ArgKind::Fd && sqe.has(int(i)) && !sqe.files[i])
      if (const OpenFile* file = taker->table->at(int(sqe.args[i]))) sqe.files[i] = file->id;
}

void State::on(const Sqe& record) {
  Ring& ring = this->ring(record.ring, record.pid, record.t);
  Sqe sqe = record;
  if (!sqe.pid) sqe.pid = ring.pid;
  if (Process* owner = processes.find(sqe.pid)) owner->used_uring = true;
  if ((ring.polled() && !ring.chained) || ring.silent.size() >= kMaxSilent) settle(ring, record.t);
  prepare(sqe, ring);
  Operation op = operation_of(sqe);
  OperationCounts& counts = ring.counts(sqe.op);
  if (op.found) {
    ++counts.found;
  } else {
    ++ring.sqes;
    ++counts.submitted;
  }
  if (takes_effect(sqe)) op.whole = std::make_unique<Sqe>(std::move(sqe));
  ring.note_again(op.op, op.fixed, op.fd, op.file, op.t);
  if (const Operation* twice = rings.operation(op.id)) disarm(*twice, op.t);
  Operation& started = rings.start(std::move(op));
  if (waits_for_connections(started.op)) {
    const OpenFile* file = files.find(started.file);
    if (file && file->listening)
      register_accept(started, *file);
    else if (started.op == uring::kAccept)
      rings.add_early(started.id);
  }
  if (may_be_silent(started)) ring.silent.push_back(started.id);
  ring.chained = started.flags & (uring::kSqeLink | uring::kSqeHardlink);
}

// An operation that would say nothing of its success is taken to have succeeded when the call that submitted
// it returns, or, where a thread of the kernel takes them, when the chain it is part of is over.
void State::settle(Ring& ring, Ns t) {
  for (const RecordId id : std::exchange(ring.silent, {})) {
    Operation* op = rings.operation(id);
    if (!op || op->settled || op->ring != ring.id) continue;
    Cqe success;
    success.sqe = id;
    success.t = t;
    success.ring = ring.id;
    if (!makes_number(*op)) completes(*op, ring, success);
    ++ring.counts(op->op).silent;
    rings.settle(*op);
  }
}

void State::completes(const Operation& op, Ring& ring, const Cqe& cqe) {
  if (op.op == uring::kFixedFdInstall && cqe.res >= 0) {
    Thread* taker = submitter_still(op, cqe.t);
    OpenFile* file = files.find(op.file ? op.file : cqe.on);
    if (taker && file) install(*taker->table, int(cqe.res), *file, true, cqe.t, ListenerOrigin::Inherited);
    return;
  }
  Thread* taker = op.whole ? submitter_still(op, cqe.t) : nullptr;
  if (!taker) return;
  Call& call = rings.scratch;
  call.clear();
  static_cast<CallBody&>(call) = static_cast<const CallBody&>(*op.whole);
  call.id = cqe.id;
  call.t = op.t;
  call.dur = elapsed(op.t, cqe.t);
  call.ret = cqe.res < 0 ? -1 : cqe.res;
  call.error = cqe.res < 0 ? std::max(error_of(cqe.res), 1) : 0;
  call.ret_file = cqe.file;
  call.ready = cqe.ready;
  call.socket = cqe.socket;
  ThroughRing through{.ring = ring.id, .into = slot_made(op, cqe.res), .from = {}};
  if (op.fixed) through.from = uint32_t(op.fd);
  take_effect(call, *taker, cqe.t, &through);
}

void State::note_accept_ready(const Operation& op, Ring& ring) {
  const OpenFile* file = waits_for_connections(op.op) ? files.find(op.file) : nullptr;
  if (!file || !file->listening) return;
  const ReadyListener ready{file->id, op.fixed ? -1 : op.fd};
  if (std::ranges::find(ring.ready_listeners, ready) == ring.ready_listeners.end() &&
      ring.ready_listeners.size() < kMaxRingEvidence)
    ring.ready_listeners.push_back(ready);
}

// Those of connections end with them, and nothing is wrong with that.
void State::note_multishot_end(const Operation& op, Ring& ring, const Cqe& cqe) {
  ++ring.counts(op.op).ended;
  const int error = error_of(cqe.res);
  if (error == kEcanceled || (!op.registered && op.op != uring::kAccept && error != kEnobufs)) return;
  EndedMultishot over;
  over.sqe = op.id;
  over.cqe = cqe.id;
  over.t = cqe.t;
  over.tid = op.tid;
  over.op = op.op;
  over.fixed = op.fixed;
  over.fd = op.fd;
  over.file = op.file;
  over.error = error;
  ring.note_ended(over);
}

void State::on(const Cqe& cqe) {
  Ring& ring = this->ring(cqe.ring, cqe.pid, cqe.t);
  Operation* op = rings.operation(cqe.sqe);
  if (op && op->ring != cqe.ring) op = nullptr;  // a record that contradicts another
  const uint8_t number = op ? op->op : cqe.op.value_or(uring::kUnknown);
  OperationCounts& counts = ring.counts(number);
  ring.posted_at(cqe.t, number);
  if (cqe.overflow) {
    ++ring.overflows;
    if (!ring.overflow_t) ring.overflow_t = cqe.t;
    if (ring.overflow_ids.size() < kMaxRingEvidence) ring.overflow_ids.push_back(cqe.id);
  }
  const bool notification = cqe.flags & uring::kCqeNotif, last = !(cqe.flags & uring::kCqeMore);
  if (!notification) count_result(counts, cqe);
  if (!op) {
    counts.unmatched += !notification;
    return;
  }
  if (cqe.on && !op->file) {
    op->file = cqe.on;
    const int named = op->whole ? descriptor_argument(op->op) : -1;
    if (named >= 0) op->whole->files[size_t(named)] = cqe.on;
    if (op->fixed)
      install_slot(ring.id, uint32_t(op->fd), files.get(cqe.on), cqe.t, ListenerOrigin::Snapshot);
  }
  if (cqe.punted && !std::exchange(op->punted, true)) ++counts.punted;
  if (cqe.punted && cqe.tid != op->tid && cqe.tid != ring.sq_thread)
    cpu.note_helper(cqe.tid, UringHelper::Worker);
  if (op->settled) {  // it did not succeed, after all
    --counts.silent;
    ++counts.completed;
    rings.finish(cqe.sqe);
    return;
  }
  if (!notification) {
    count_times(counts, *op, cqe);
    completes(*op, ring, cqe);
    if (cqe.res >= 0) note_accept_ready(*op, ring);
  }
  op->answered = true;
  if (!last) return;
  if (op->multishot) note_multishot_end(*op, ring, cqe);
  disarm(*op, cqe.t);
  ++counts.completed;
  rings.finish(cqe.sqe);
}

}  // namespace loopscope::trace_model
