// SPDX-License-Identifier: Apache-2.0
// Equality of records, member by member, for tests. Two records that differ in a member that no comparison
// here mentions would pass for equal: a new member of an event belongs here too.
#pragma once

#include "trace-model/events.h"

namespace loopscope::trace_model {

inline bool same(const ThreadName& a, const ThreadName& b) {
  return a.tid == b.tid && a.comm == b.comm;
}
inline bool same(const PollFd& a, const PollFd& b) {
  return a.fd == b.fd && a.events == b.events && a.file == b.file;
}
inline bool same(const ReceivedFd& a, const ReceivedFd& b) {
  return a.fd == b.fd && a.file == b.file;
}
inline bool same(const ReadyEntry& a, const ReadyEntry& b) {
  return a.events == b.events && a.data == b.data && a.fd == b.fd && a.file == b.file &&
         a.candidates == b.candidates;
}

template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i])) return false;
  return true;
}

inline bool same(const SocketInfo& a, const SocketInfo& b) {
  return a.kind == b.kind && a.state == b.state && a.sock_type == b.sock_type && a.local == b.local &&
         a.peer == b.peer && a.backlog == b.backlog && a.queue == b.queue && a.drops == b.drops &&
         a.inode == b.inode;
}

// Whether CallBody::args holds it; the other kinds have members of their own.
inline bool is_number(ArgKind kind) {
  return kind != ArgKind::Path && kind != ArgKind::Address && kind != ArgKind::FdPair &&
         kind != ArgKind::PollFds && kind != ArgKind::FdSet;
}

inline bool same_body(const CallBody& a, const CallBody& b) {
  if (a.pid != b.pid || a.tid != b.tid || a.spec != b.spec || a.unknown_name != b.unknown_name ||
      a.present != b.present || a.unreadable != b.unreadable || a.files != b.files || a.text != b.text ||
      a.text_cut != b.text_cut || a.pair != b.pair || a.pair_files != b.pair_files ||
      !same(a.poll_fds, b.poll_fds) || a.fd_sets != b.fd_sets || a.continues != b.continues)
    return false;
  for (int i = 0; i < kMaxArgs; ++i)
    if (a.has(i) && is_number(a.spec->args[size_t(i)].kind) && a.args[size_t(i)] != b.args[size_t(i)])
      return false;
  return true;
}

inline bool same(const std::optional<Off>& a, const std::optional<Off>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->dur == b->dur && a->intervals == b->intervals && a->state == b->state && a->woken == b->woken &&
         a->delay == b->delay && a->context == b->context && a->by_pid == b->by_pid &&
         a->by_tid == b->by_tid && a->by_comm == b->by_comm;
}

inline bool same(const Call& a, const Call& b) {
  return same_body(a, b) && a.id == b.id && a.pending == b.pending && a.t == b.t && a.dur == b.dur &&
         a.late == b.late && a.start_known == b.start_known && a.uncertain == b.uncertain &&
         a.killed == b.killed && a.ret == b.ret && a.error == b.error && a.ret_file == b.ret_file &&
         same(a.ready, b.ready) && a.ready_total == b.ready_total &&
         a.socket.has_value() == b.socket.has_value() && (!a.socket || same(*a.socket, *b.socket)) &&
         same(a.rights, b.rights) && a.rights_total == b.rights_total && same(a.off, b.off) &&
         a.peek == b.peek;
}

inline bool same(const QueueRow& a, const QueueRow& b) {
  return a.id == b.id && a.t == b.t && a.file == b.file && a.queue == b.queue && a.backlog == b.backlog &&
         a.drops == b.drops;
}

inline bool same(const OffRow& a, const OffRow& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.tid == b.tid && same(a.off, b.off);
}

inline bool same(const Pending& a, const Pending& b) {
  return same_body(a, b) && a.id == b.id && a.t == b.t && a.seen == b.seen &&
         a.start_known == b.start_known && a.origin == b.origin;
}

inline bool same(const RingRow& a, const RingRow& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.tid == b.tid && a.ring == b.ring && a.fd == b.fd &&
         a.sq_entries == b.sq_entries && a.cq_entries == b.cq_entries && a.flags == b.flags &&
         a.sq_thread == b.sq_thread && a.origin == b.origin;
}

inline bool same(const Sqe& a, const Sqe& b) {
  return same_body(a, b) && a.id == b.id && a.t == b.t && a.ring == b.ring && a.op == b.op && a.fd == b.fd &&
         a.fixed == b.fixed && a.file_id == b.file_id && a.user_data == b.user_data && a.flags == b.flags &&
         a.multishot == b.multishot && a.fd_inferred == b.fd_inferred && a.direct == b.direct &&
         a.buf_group == b.buf_group && a.buf_index == b.buf_index && a.poll == b.poll &&
         a.timeout_ns == b.timeout_ns && a.error == b.error && a.origin == b.origin;
}

inline bool same(const Cqe& a, const Cqe& b) {
  return a.id == b.id && a.sqe == b.sqe && a.t == b.t && a.pid == b.pid && a.tid == b.tid &&
         a.ring == b.ring && a.op == b.op && a.user_data == b.user_data && a.res == b.res &&
         a.flags == b.flags && a.buffer == b.buffer && a.file == b.file && a.on == b.on &&
         a.socket.has_value() == b.socket.has_value() && (!a.socket || same(*a.socket, *b.socket)) &&
         same(a.ready, b.ready) && a.ready_total == b.ready_total && a.armed == b.armed &&
         a.woken == b.woken && a.punted == b.punted && a.overflow == b.overflow && a.uncertain == b.uncertain;
}

inline bool same(const CpuTime& a, const CpuTime& b) {
  return a.tid == b.tid && a.comm == b.comm && a.ns == b.ns;
}
inline bool same(const CpuRow& a, const CpuRow& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && same(a.threads, b.threads);
}

inline bool same(const TraceHeader& a, const TraceHeader& b) {
  return a.id == b.id && a.format == b.format && a.tool == b.tool && a.started == b.started &&
         a.kernel == b.kernel && a.arch == b.arch && a.monotonic_ns == b.monotonic_ns &&
         a.host_cpus == b.host_cpus && a.command == b.command && a.target == b.target && a.calls == b.calls &&
         a.io == b.io && a.probes == b.probes && a.last_s == b.last_s;
}

inline bool same(const ProcessRow& a, const ProcessRow& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.ppid == b.ppid && a.nspid == b.nspid &&
         a.fdtable == b.fdtable && a.comm == b.comm && a.exe == b.exe && a.cmdline == b.cmdline &&
         same(a.threads, b.threads) && a.netns == b.netns && a.pidns == b.pidns && a.origin == b.origin;
}

inline bool same(const FdRow& a, const FdRow& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.fd == b.fd && a.file == b.file &&
         a.fdtable == b.fdtable && same(a.socket, b.socket) && a.path == b.path && a.cloexec == b.cloexec &&
         a.nonblock == b.nonblock && a.origin == b.origin;
}

inline bool same(const WatchRow& a, const WatchRow& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.epfd == b.epfd && a.file == b.file &&
         a.fd == b.fd && a.target == b.target && a.events == b.events && a.data == b.data &&
         a.target_closed == b.target_closed && a.origin == b.origin;
}

inline bool same(const SnapshotEnd& a, const SnapshotEnd& b) {
  return a.id == b.id && a.t == b.t && a.since == b.since && a.pids == b.pids && a.origin == b.origin &&
         a.incomplete == b.incomplete;
}

inline bool same(const Fork& a, const Fork& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.tid == b.tid && a.child == b.child &&
         a.child_tid == b.child_tid && a.nspid == b.nspid && a.fdtable == b.fdtable && a.flags == b.flags;
}

inline bool same(const Exec& a, const Exec& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.tid == b.tid && a.old_tid == b.old_tid &&
         a.exe == b.exe && a.fdtable == b.fdtable;
}

inline bool same(const Unshare& a, const Unshare& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.tid == b.tid && a.fdtable == b.fdtable &&
         a.from == b.from;
}

inline bool same(const Exit& a, const Exit& b) {
  return a.id == b.id && a.t == b.t && a.pid == b.pid && a.tid == b.tid && a.code == b.code &&
         a.signal == b.signal && a.last == b.last && a.cpu_ns == b.cpu_ns;
}

inline bool same(const Lost& a, const Lost& b) {
  return a.id == b.id && a.t == b.t && a.until == b.until && a.count == b.count &&
         a.loss_class == b.loss_class;
}

inline bool same(const End& a, const End& b) {
  return a.id == b.id && a.t == b.t && a.events == b.events && a.lost == b.lost && a.reason == b.reason &&
         a.error == b.error && a.skipped == b.skipped;
}

inline bool same(const Unknown& a, const Unknown& b) {
  return a.id == b.id && a.type == b.type;
}

inline bool same(const Event& a, const Event& b) {
  return a.index() == b.index() &&
         std::visit(
             [&](const auto& record) { return same(record, std::get<std::decay_t<decltype(record)>>(b)); },
             a);
}

}  // namespace loopscope::trace_model
