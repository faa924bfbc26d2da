// SPDX-License-Identifier: Apache-2.0
// `ring`, `sqe`, `cqe`: what happens through io_uring.
#include "trace-model/call_members.h"
#include "trace-model/json_members.h"
#include "trace-model/json_writer.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

void write_op(JsonLine& line, uint8_t op) {
  line.raw(",\"op\":");
  const UringOp* known = uring_op(op);
  if (!known) return line.hex(op);
  line.raw('"');
  line.raw(known->name);
  line.raw('"');
}

void write_names_unless_none(JsonLine& line, std::string_view key, const SymbolTable& table, uint64_t bits) {
  if (!bits) return;
  line.raw(key);
  write_names(line, table, bits);
}

// Who is not always known: a ring may be found before any of its threads is.
void write_known_who(JsonLine& line, Pid pid, Pid tid) {
  if (tid) return write_who(line, pid, tid);
  write_unless_zero(line, ",\"pid\":", pid);
}

bool names_descriptor(const Sqe& sqe) {
  return sqe.fd >= 0 || sqe.fixed;
}

void write_descriptor(JsonLine& line, const Sqe& sqe) {
  if (names_descriptor(sqe)) write_number(line, sqe.fixed ? ",\"slot\":" : ",\"fd\":", sqe.fd);
  write_unless_zero(line, ",\"file\":", sqe.file_id);
}

void write_user_data(JsonLine& line, uint64_t user_data) {
  line.raw(",\"user_data\":");
  line.hex(user_data);
}

void write_direct(JsonLine& line, std::optional<uint32_t> direct) {
  if (direct == kDirectAlloc)
    line.raw(",\"direct\":\"alloc\"");
  else if (direct)
    write_number(line, ",\"direct\":", *direct);
}

template <typename Number>
void write_if_known(JsonLine& line, std::string_view key, const std::optional<Number>& number) {
  if (number) write_number(line, key, *number);
}

void write_call(JsonLine& line, const Sqe& sqe) {
  if (!sqe.spec) return;
  const int left_out = names_descriptor(sqe) ? descriptor_argument(sqe.op) : kAllArguments;
  write_args(line, sqe, left_out);
  write_files(line, sqe, 0, sqe.file_id ? descriptor_argument(sqe.op) : kAllArguments);
  write_unreadable(line, sqe);
}

}  // namespace

void append_line(std::string& out, const RingRow& row) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"ring\",\"id\":", row.id);
  write_number(line, ",\"t\":", row.t);
  write_known_who(line, row.pid, row.tid);
  write_number(line, ",\"ring\":", row.ring);
  if (row.fd >= 0) write_number(line, ",\"fd\":", row.fd);
  write_unless_zero(line, ",\"sq_entries\":", row.sq_entries);
  write_unless_zero(line, ",\"cq_entries\":", row.cq_entries);
  write_names_unless_none(line, ",\"flags\":", symbols::kUringSetupFlags, row.flags);
  write_unless_zero(line, ",\"sq_thread\":", row.sq_thread);
  write_origin(line, row.origin);
  end_record(line);
}

void append_line(std::string& out, const Sqe& sqe) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"sqe\",\"id\":", sqe.id);
  write_number(line, ",\"t\":", sqe.t);
  write_known_who(line, sqe.pid, sqe.tid);
  write_number(line, ",\"ring\":", sqe.ring);
  write_op(line, sqe.op);
  write_descriptor(line, sqe);
  write_user_data(line, sqe.user_data);
  write_names_unless_none(line, ",\"flags\":", symbols::kSqeFlags, sqe.flags);
  if (sqe.multishot) line.raw(",\"multishot\":true");
  write_direct(line, sqe.direct);
  write_if_known(line, ",\"buf_group\":", sqe.buf_group);
  write_if_known(line, ",\"buf_index\":", sqe.buf_index);
  write_names_unless_none(line, ",\"poll\":", symbols::kPollEvents, sqe.poll);
  write_if_known(line, ",\"timeout_ns\":", sqe.timeout_ns);
  write_call(line, sqe);
  if (sqe.error > 0) write_error(line, uint64_t(sqe.error));
  if (sqe.fd_inferred) line.raw(",\"fd_inferred\":true");
  write_origin(line, sqe.origin);
  end_record(line);
}

void append_line(std::string& out, const Cqe& cqe) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"cqe\",\"id\":", cqe.id);
  write_number(line, ",\"t\":", cqe.t);
  write_known_who(line, cqe.pid, cqe.tid);
  write_number(line, ",\"ring\":", cqe.ring);
  if (cqe.sqe) {
    write_number(line, ",\"sqe\":", cqe.sqe);
  } else {
    if (cqe.op) write_op(line, *cqe.op);
    write_user_data(line, cqe.user_data);
  }
  write_number(line, ",\"res\":", cqe.res);
  if (cqe.res < 0) write_error(line, 0 - uint64_t(cqe.res));
  write_names_unless_none(line, ",\"flags\":", symbols::kCqeFlags, cqe.flags);
  write_if_known(line, ",\"buffer\":", cqe.buffer);
  write_unless_zero(line, ",\"file\":", cqe.file);
  write_unless_zero(line, ",\"on\":", cqe.on);
  if (cqe.socket) write_socket(line, *cqe.socket);
  write_ready(line, cqe.ready, cqe.ready_total, ReadyOf::Epoll);
  write_if_known(line, ",\"armed\":", cqe.armed);
  write_if_known(line, ",\"woken\":", cqe.woken);
  write_if_known(line, ",\"punted\":", cqe.punted);
  if (cqe.overflow) line.raw(",\"overflow\":true");
  if (cqe.uncertain) line.raw(",\"uncertain\":true");
  end_record(line);
}

}  // namespace loopscope::trace_model
