// SPDX-License-Identifier: Apache-2.0
#include "tracer/record_stream.h"

#include "tracer/off_decoder.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "trace-model/json_writer.h"
#include "tracer/fd_rows.h"

namespace loopscope::tracer {

using trace_model::Ns;
using trace_model::Pid;

namespace {

// fs/eventpoll.c, do_epoll_ctl(): every registration gets these, asked for or not.
constexpr uint32_t kAddedByKernel = EPOLLERR | EPOLLHUP;

template <typename Record>
Record record_at(std::span<const std::byte> bytes) {
  Record record{};
  memcpy(&record, bytes.data(), std::min(bytes.size(), sizeof(Record)));
  return record;
}

// An order that CPUs could not keep is mended by letting the record end where its place in the file says.
template <typename Record>
void mend_order(Record& record, Ns last_time) {
  if constexpr (std::is_same_v<Record, trace_model::Call>) {
    if (record.end() >= last_time) return;
    record.late = last_time - record.end();
    record.dur += record.late;
  } else if constexpr (std::is_same_v<Record, trace_model::OffRow>) {
    record.t = std::max(record.t, trace_model::time_after(last_time, -record.off.dur));
  } else if constexpr (requires { record.seen; }) {
    record.seen = std::max(record.seen, last_time);
  } else if constexpr (requires { record.until; }) {
    record.until = std::max(record.until, last_time);
  } else if constexpr (requires { record.t; }) {
    record.t = std::max(record.t, last_time);
  }
}

template <typename Record>
Ns time_of(const Record& record) {
  if constexpr (std::is_same_v<Record, trace_model::Call>)
    return record.end();
  else if constexpr (std::is_same_v<Record, trace_model::OffRow>)
    return trace_model::time_after(record.t, record.off.dur);
  else if constexpr (requires { record.seen; })
    return record.seen;
  else if constexpr (requires { record.until; })
    return record.until;
  else if constexpr (requires { record.t; })
    return record.t;
  else
    return INT64_MIN;
}

}  // namespace

RecordStream::RecordStream(uint64_t start_ns)
    : start_ns_(start_ns), decoder_(start_ns, files_), uring_(start_ns, files_) {}

template <typename Record>
void RecordStream::write(Record& record) {
  mend_order(record, last_time_);
  last_time_ = std::max(last_time_, time_of(record));
  record.id = next_id();
  if constexpr (requires { model_.join(record); }) model_.join(record);
  if constexpr (std::is_same_v<Record, trace_model::Call>) {
    model_.apply(record);
    ++calls_written_;
  } else {
    model_.apply(trace_model::Event(record));
  }
  trace_model::append_line(lines_, record);
}

void RecordStream::take(std::span<const std::byte> bytes) {
  const auto header = record_at<wire_header>(bytes);
  switch (header.type) {
    case WIRE_CALL:
      return take_call(*reinterpret_cast<const wire_call*>(bytes.data()), bytes.subspan(sizeof(wire_call)));
    case WIRE_FORK:
      return take_fork(record_at<wire_fork>(bytes));
    case WIRE_EXEC:
      return take_exec(record_at<wire_exec>(bytes));
    case WIRE_EXIT:
      return take_exit(record_at<wire_exit>(bytes));
    case WIRE_OFF:
      return take_off(record_at<wire_off>(bytes));
    case WIRE_RING:
      return take_ring(record_at<wire_ring>(bytes), trace_model::Origin::Trace);
    case WIRE_SQE:
      return take_sqe(record_at<wire_sqe>(bytes), bytes.subspan(sizeof(wire_sqe)));
    case WIRE_CQE:
      return take_cqe(record_at<wire_cqe>(bytes), bytes.subspan(sizeof(wire_cqe)));
    case WIRE_SELECT_SETS:
      return decoder_.note(record_at<wire_select_sets>(bytes));
    default:
      ++undecodable_;
  }
}

void RecordStream::take(Observation& observation) {
  std::visit(
      [this](auto& observed) {
        using T = std::decay_t<decltype(observed)>;
        if constexpr (std::is_same_v<T, trace_model::Event>) take(std::move(observed));
        if constexpr (std::is_same_v<T, ProcessObservation>) take_process(observed);
        if constexpr (std::is_same_v<T, FdObservation>) take_fd(observed);
        if constexpr (std::is_same_v<T, WatchObservation>) take_watch(observed);
        if constexpr (std::is_same_v<T, QueueObservation>) take_queue(observed.row);
        if constexpr (std::is_same_v<T, RingObservation>) take_ring(observed.row, observed.origin);
        if constexpr (std::is_same_v<T, ArmedObservation>) take_armed(observed);
        if constexpr (std::is_same_v<T, PendingObservation>) take_pending(observed);
      },
      observation);
}

void RecordStream::take(trace_model::Event event) {
  std::visit([this](auto& record) { write(record); }, event);
}

RecordStream::Thread& RecordStream::thread(Pid pid, uint32_t tid, uint64_t files) {
  Thread& thread = threads_[tid];
  if (!thread.pid) {
    thread = {pid, files};
    ++live_threads_[pid];
    saw_thread_ = true;
  }
  return thread;
}

void RecordStream::forget_thread(Pid pid, uint32_t tid) {
  if (threads_.erase(tid)) --live_threads_[pid];
}

// A thread may leave a shared table without a record of its own: unshare(2), close_range(2), setns(2).
void RecordStream::note_table(uint32_t pid, uint32_t tid, uint64_t files, uint64_t time_ns) {
  Thread& known = thread(Pid(pid), tid, files);
  if (known.files == files) return;
  trace_model::Unshare unshare;
  unshare.t = time(time_ns);
  unshare.pid = Pid(pid);
  unshare.tid = Pid(tid);
  unshare.from = tables_.of(known.files, time_ns);
  unshare.fdtable = tables_.of(files, time_ns);
  known.files = files;
  write(unshare);
}

void RecordStream::take_call(const wire_call& record, std::span<const std::byte> payload) {
  note_table(record.pid, record.tid, record.files, record.end_ns);
  if (!decoder_.decode(record, payload, call_)) {
    ++undecodable_;
    return;
  }
  if (const HeldOff* held = held_off_.find(record.tid)) {
    if (held->off_ns >= record.start_ns && held->again_ns <= record.end_ns)
      call_.off = held->off;
    else
      homeless_off_ += held->off.intervals;
    held_off_.erase(record.tid);
  }
  if (request_starts_) request_starts_->take(call_);
  if (const auto announced = pending_.complete(record)) {
    call_.pending = announced->id;
    // By its end select(2) has overwritten what it was asked; only who saw it in progress knows.
    if (call_.spec->wait == trace_model::WaitKind::Select && !call_.start_known)
      static_cast<trace_model::CallBody&>(call_) = static_cast<const trace_model::CallBody&>(*announced);
  }
  write(call_);
}

void RecordStream::take_off(const wire_off& record) {
  trace_model::OffRow row;
  row.t = time(record.off_ns);
  row.pid = Pid(record.pid);
  row.tid = Pid(record.tid);
  row.off = decode_off(record, start_ns_);
  if (!record.in_call) return write(row);
  HeldOff& held = held_off_[record.tid];
  if (held.again_ns != 0) {
    row.off.dur += held.off.dur;
    row.off.intervals += held.off.intervals;
  }
  held = {std::move(row.off), record.off_ns, record.time_ns};
}

void RecordStream::take_fork(const wire_fork& record) {
  note_table(record.pid, record.tid, record.parent_files, record.time_ns);
  trace_model::Fork fork;
  fork.t = time(record.time_ns);
  fork.pid = Pid(record.pid);
  fork.tid = Pid(record.tid);
  fork.child = Pid(record.child_pid);
  fork.child_tid = Pid(record.child_tid);
  fork.nspid = record.child_own_pid == record.child_pid ? 0 : Pid(record.child_own_pid);
  fork.flags = record.clone_flags;
  const bool shared = record.files == record.parent_files;
  fork.fdtable = shared ? tables_.of(record.files, record.time_ns)
                        : tables_.of_new(record.files, record.time_ns, record.time_ns);
  thread(fork.child, record.child_tid, record.files).files = record.files;
  write(fork);
}

void RecordStream::take_exec(const wire_exec& record) {
  decoder_.note(record);
  trace_model::Exec exec;
  exec.t = time(record.time_ns);
  exec.pid = Pid(record.pid);
  exec.tid = Pid(record.tid);
  exec.old_tid = record.old_tid == record.tid ? 0 : Pid(record.old_tid);
  exec.exe.assign(record.filename, strnlen(record.filename, sizeof(record.filename)));
  exec.fdtable = tables_.of(record.files, record.time_ns);
  if (record.old_tid != record.tid) forget_thread(exec.pid, record.old_tid);
  thread(exec.pid, record.tid, record.files).files = record.files;
  write(exec);
}

void RecordStream::take_exit(const wire_exit& record) {
  trace_model::Exit exit;
  exit.t = time(record.time_ns);
  exit.pid = Pid(record.pid);
  exit.tid = Pid(record.tid);
  exit.signal = int(record.exit_code & 0x7f);
  exit.code = exit.signal ? 0 : int(record.exit_code >> 8 & 0xff);
  exit.cpu_ns = Ns(record.cpu_ns);
  forget_thread(exit.pid, record.tid);
  if (const auto at = live_threads_.find(exit.pid); at == live_threads_.end() || at->second == 0) {
    exit.last = true;
    live_threads_.erase(exit.pid);
  }
  decoder_.forget_thread(record.tid);
  held_off_.erase(record.tid);
  pending_.forget_thread(record.tid);
  write(exit);
}

void RecordStream::take_process(ProcessObservation& observed) {
  auto& row = observed.row;
  row.fdtable = tables_.of(observed.files, uint64_t(row.t) + start_ns_);
  for (const auto& named : row.threads) (void)thread(row.pid, uint32_t(named.tid), observed.files);
  write(row);
  for (const auto& [tid, files] : observed.apart)
    note_table(uint32_t(row.pid), tid, files, uint64_t(row.t) + start_ns_);
}

void RecordStream::take_fd(const FdObservation& observed) {
  trace_model::FdRow row = fd_row(observed.row, observed.link);
  row.t = time(observed.row.time_ns);
  row.origin = observed.origin;
  row.file = uring_.is_ring(observed.row)
                 ? files_.of_same(observed.row.file, observed.row.private_data, observed.row.time_ns)
                 : files_.of(observed.row.file, observed.row.time_ns);
  if (request_starts_) request_starts_->take(row);
  if (observed.row.pid != observed.row.tid)
    row.fdtable = tables_.of(observed.row.files, observed.row.time_ns);
  write(row);
}

void RecordStream::take_watch(const WatchObservation& observed) {
  trace_model::WatchRow row;
  row.t = time(observed.row.time_ns);
  row.pid = observed.pid;
  row.epfd = observed.epfd;
  row.file = files_.of(observed.instance_file, observed.row.time_ns);
  row.fd = observed.row.fd;
  row.target = files_.of(observed.row.target_file, observed.row.time_ns);
  row.events = observed.row.events & ~kAddedByKernel;
  row.data = observed.row.data;
  row.target_closed = observed.target_closed;
  row.origin = observed.origin;
  write(row);
}

void RecordStream::take_queue(const wire_queue_row& record) {
  trace_model::QueueRow row;
  row.t = time(record.time_ns);
  row.file = files_.of(record.file, record.time_ns);
  row.queue = record.queue;
  row.backlog = record.backlog;
  row.drops = record.drops;
  const auto [known, fresh] = queues_.try_emplace(row.file, row);
  const bool said = fresh ? row.queue == 0 && row.drops == 0
                          : known->second.queue == row.queue && known->second.backlog == row.backlog &&
                                known->second.drops == row.drops;
  known->second = row;
  if (!said) write(row);
}

void RecordStream::take_ring(const wire_ring& record, trace_model::Origin origin) {
  trace_model::RingRow row = uring_.ring(record, origin);
  write(row);
}

void RecordStream::take_sqe(const wire_sqe& record, std::span<const std::byte> payload) {
  uring_.decode(record, payload, sqe_);
  write(sqe_);
  uring_.written(record.request, record.number, sqe_);
}

void RecordStream::take_cqe(const wire_cqe& record, std::span<const std::byte> payload) {
  uring_.decode(record, payload, cqe_);
  write(cqe_);
}

void RecordStream::take_armed(const ArmedObservation& observed) {
  if (uring_.knows(observed.row)) return;
  uring_.decode(observed, sqe_);
  write(sqe_);
  uring_.written(observed.row.request, observed.row.number, sqe_);
}

void RecordStream::take_pending(PendingObservation& observed) {
  const wire_task_row& row = observed.row;
  if (!observed.again && !pending_.is_new(row)) return;
  trace_model::Pending& pending = observed.pending;
  pending.pid = Pid(row.pid);
  pending.tid = Pid(row.tid);
  pending.t = time(row.start_ns);
  pending.seen = time(row.time_ns);
  pending.start_known = !(row.header.flags & WIRE_F_START_UNKNOWN);
  pending.origin = observed.origin;
  complete_pending(row, files_, pending);
  write(pending);
  pending_.note(row, pending);
}

}  // namespace loopscope::tracer
