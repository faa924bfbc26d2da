// SPDX-License-Identifier: Apache-2.0
// Member by member in the order of call_writer.cpp and uring_writer.cpp. What a busy server's lines do not
// have is left to those who read JSON.
#include "trace-model/quick_records.h"

#include "trace-model/quick_values.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

bool take_call_name(QuickText& in, Call& call) {
  std::string_view name;
  if (!in.take(",\"call\":") || !in.string(name)) return false;
  call.spec = find_call(name);
  return call.spec != nullptr;
}

bool take_op(QuickText& in, uint8_t& out) {
  std::string_view name;
  if (!in.string(name)) return false;
  const auto number = uring_op_number(name);
  out = number.value_or(0);
  return number.has_value();
}

// Who is not always known.
bool take_who(QuickText& in, Pid& pid, Pid& tid) {
  return take_if_there(in, ",\"pid\":", pid) && take_if_there(in, ",\"tid\":", tid);
}

bool take_descriptor(QuickText& in, Sqe& sqe) {
  sqe.fixed = in.take(",\"slot\":");
  if (sqe.fixed ? !in.number(sqe.fd) : !take_if_there(in, ",\"fd\":", sqe.fd)) return false;
  return take_if_there(in, ",\"file\":", sqe.file_id);
}

bool take_names_if_there(QuickText& in, bool there, const SymbolTable& table, uint32_t& out) {
  return !there || take_names(in, table, out);
}

bool take_operation(QuickText& in, Cqe& cqe) {
  if (in.take(",\"sqe\":")) return in.number(cqe.sqe);
  if (in.take(",\"op\":") && !take_op(in, cqe.op.emplace())) return false;
  return in.take(",\"user_data\":") && in.hex(cqe.user_data);
}

}  // namespace

bool read_quickly(QuickText& in, Call& call) {
  if (!in.number(call.id) || !in.take(",\"t\":") || !in.number(call.t)) return false;
  if (!in.take(",\"dur\":") || !in.number(call.dur)) return false;
  if (!in.take(",\"tid\":")) {
    if (!take_if_there(in, ",\"late\":", call.late) ||
        !take_if_there(in, ",\"start_known\":", call.start_known) ||
        !take_if_there(in, ",\"pending\":", call.pending) || !take_if_there(in, ",\"pid\":", call.pid) ||
        !in.take(",\"tid\":"))
      return false;
  }
  if (!in.number(call.tid) || !take_call_name(in, call)) return false;
  if (!take_args(in, call) || !take_files(in, call, &call.ret_file)) return false;
  if (!in.take(",\"ret\":") || !in.number(call.ret)) return false;
  if (in.take("}")) return in.at_end();
  return take_error(in, call.error) && take_if_there(in, ",\"killed\":", call.killed) &&
         take_ready(in, call.spec->wait == WaitKind::Epoll, call.ready, call.ready_total) &&
         take_socket(in, call.socket) &&
         (!in.take(",\"off\":{") || (take_off(in, call.off.emplace()) && in.take("}"))) &&
         take_if_there(in, ",\"uncertain\":", call.uncertain) && in.take("}") && in.at_end();
}

bool read_quickly(QuickText& in, OffRow& row) {
  return in.number(row.id) && in.take(",\"t\":") && in.number(row.t) && take_who(in, row.pid, row.tid) &&
         row.tid != 0 && in.take(",") && take_off(in, row.off) && in.take("}") && in.at_end();
}

bool read_quickly(QuickText& in, Sqe& sqe) {
  if (!in.number(sqe.id) || !in.take(",\"t\":") || !in.number(sqe.t) || !take_who(in, sqe.pid, sqe.tid))
    return false;
  if (!in.take(",\"ring\":") || !in.number(sqe.ring) || !in.take(",\"op\":") || !take_op(in, sqe.op))
    return false;
  sqe.spec = call_of_op(sqe.op);
  if (!take_descriptor(in, sqe)) return false;
  if (in.take(",\"user_data\":") && !in.hex(sqe.user_data)) return false;
  if (!take_names_if_there(in, in.take(",\"flags\":"), symbols::kSqeFlags, sqe.flags) ||
      !take_if_there(in, ",\"multishot\":", sqe.multishot) ||
      !take_if_there(in, ",\"direct\":", sqe.direct) ||
      !take_if_there(in, ",\"buf_group\":", sqe.buf_group) ||
      !take_if_there(in, ",\"buf_index\":", sqe.buf_index) ||
      !take_names_if_there(in, in.take(",\"poll\":"), symbols::kPollEvents, sqe.poll) ||
      !take_if_there(in, ",\"timeout_ns\":", sqe.timeout_ns))
    return false;
  if (sqe.spec && (!take_args(in, sqe) || !take_files(in, sqe, nullptr))) return false;
  return take_error(in, sqe.error) && take_if_there(in, ",\"fd_inferred\":", sqe.fd_inferred) &&
         in.take("}") && in.at_end();
}

bool read_quickly(QuickText& in, Cqe& cqe) {
  if (!in.number(cqe.id) || !in.take(",\"t\":") || !in.number(cqe.t) || !take_who(in, cqe.pid, cqe.tid))
    return false;
  if (!in.take(",\"ring\":") || !in.number(cqe.ring) || !take_operation(in, cqe)) return false;
  if (!in.take(",\"res\":") || !in.number(cqe.res)) return false;
  if (in.take("}")) return in.at_end();
  std::string_view error;  // `res` says it too
  if (in.take(",\"error\":") && !in.string(error)) return false;
  return take_names_if_there(in, in.take(",\"flags\":"), symbols::kCqeFlags, cqe.flags) &&
         take_if_there(in, ",\"buffer\":", cqe.buffer) && take_if_there(in, ",\"file\":", cqe.file) &&
         take_if_there(in, ",\"on\":", cqe.on) && take_socket(in, cqe.socket) &&
         take_ready(in, true, cqe.ready, cqe.ready_total) && take_if_there(in, ",\"armed\":", cqe.armed) &&
         take_if_there(in, ",\"woken\":", cqe.woken) && take_if_there(in, ",\"punted\":", cqe.punted) &&
         take_if_there(in, ",\"overflow\":", cqe.overflow) &&
         take_if_there(in, ",\"uncertain\":", cqe.uncertain) && in.take("}") && in.at_end();
}

}  // namespace loopscope::trace_model
