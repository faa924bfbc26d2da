// SPDX-License-Identifier: Apache-2.0
// `call` and `pending`: the lines a busy server has a million of a second.
#include "trace-model/call_members.h"
#include "trace-model/json_members.h"
#include "trace-model/json_writer.h"
#include "trace-model/off_json.h"

namespace loopscope::trace_model {
namespace {

ReadyOf ready_of(const CallBody& call) {
  return call.spec && call.spec->wait == WaitKind::Epoll ? ReadyOf::Epoll : ReadyOf::Poll;
}

void write_call_name(JsonLine& line, const CallBody& call) {
  if (!call.spec) return write_text(line, "call", call.unknown_name);
  line.raw(",\"call\":\"");
  line.raw(call.spec->name);
  line.raw('"');
}

void write_body(JsonLine& line, const CallBody& call, FileId ret_file) {
  write_who(line, call.pid, call.tid);
  write_call_name(line, call);
  if (call.spec && call.present) write_args(line, call);
  if (!call.continues.empty()) write_text(line, "continues", call.continues);
  write_files(line, call, ret_file);
}

void write_result(JsonLine& line, const Call& call) {
  if (call.error <= 0) return write_number(line, ",\"ret\":", call.ret);
  line.raw(",\"ret\":-1");
  write_error(line, uint64_t(call.error));
  if (call.killed) line.raw(",\"killed\":true");
}

void write_rights(JsonLine& line, const Call& call) {
  if (!call.rights.empty()) {
    line.raw(",\"rights\":");
    char separator = '[';
    for (const ReceivedFd& received : call.rights) {
      line.raw(separator);
      write_number(line, "{\"fd\":", received.fd);
      write_unless_zero(line, ",\"file\":", received.file);
      line.raw('}');
      separator = ',';
    }
    line.raw(']');
  }
  write_unless_zero(line, ",\"rights_total\":", call.rights_total);
}

}  // namespace

void append_line(std::string& out, const Call& call) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"call\",\"id\":", call.id);
  write_number(line, ",\"t\":", call.t);
  write_number(line, ",\"dur\":", call.dur);
  write_unless_zero(line, ",\"late\":", call.late);
  if (!call.start_known) line.raw(",\"start_known\":false");
  write_unless_zero(line, ",\"pending\":", call.pending);
  write_body(line, call, call.ret_file);
  write_result(line, call);
  write_ready(line, call.ready, call.ready_total, ready_of(call));
  if (call.socket) write_socket(line, *call.socket);
  write_rights(line, call);
  if (call.off) {
    line.raw(",\"off\":{");
    write_off(line, *call.off);
    line.raw('}');
  }
  write_text_unless_empty(line, "peek", call.peek);
  if (call.uncertain) line.raw(",\"uncertain\":true");
  write_unreadable(line, call);
  end_record(line);
}

void append_line(std::string& out, const Pending& pending) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"pending\",\"id\":", pending.id);
  write_number(line, ",\"t\":", pending.t);
  write_number(line, ",\"seen\":", pending.seen);
  write_body(line, pending, 0);
  if (!pending.start_known) line.raw(",\"start_known\":false");
  write_unreadable(line, pending);
  write_origin(line, pending.origin);
  end_record(line);
}

}  // namespace loopscope::trace_model
