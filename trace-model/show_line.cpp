// SPDX-License-Identifier: Apache-2.0
#include "trace-model/show_line.h"

#include <cerrno>

#include "trace-model/show_line_args.h"
#include "trace-model/show_line_files.h"
#include "trace-model/show_line_off.h"
#include "trace-model/show_line_rings.h"
#include "trace-model/show_line_rows.h"
#include "trace-model/show_line_text.h"

namespace loopscope::trace_model {
namespace {

Ns time_of(const Event& event) {
  return std::visit(
      [](const auto& record) -> Ns {
        if constexpr (requires { record.t; })
          return record.t;
        else
          return 0;
      },
      event);
}

void append_call_name(std::string& out, const CallBody& body) {
  if (body.spec)
    out += body.spec->name;
  else
    append_safe(out, body.unknown_name);
}

// The descriptor that a call returned: the model knows it once the call is applied.
void append_returned(std::string& out, const Call& call, const Model::State& state) {
  if (call.killed) {
    out += '?';
    return;
  }
  if (call.error > 0) {
    out += "-1 ";
    if (const std::string_view name = error_name(call.error); !name.empty())
      out += name;
    else
      append_number(out, call.error);
    return;
  }
  const bool descriptor = (call.spec && call.spec->returns_fd) || call.ret_file;
  if (descriptor)
    append_descriptor(out, state, call.ret_file, call.pid, call.ret);
  else
    append_number(out, call.ret);
}

void append_poll_results(std::string& out, const Call& call) {
  if (call.ready.empty()) return;
  out += " ([";
  for (const ReadyEntry& entry : call.ready) {
    if (&entry != call.ready.data()) out += ", ";
    out += "{fd=";
    append_number(out, entry.fd);
    out += ", revents=";
    append_symbols(out, symbols::kPollEvents, entry.events);
    out += '}';
  }
  if (call.ready_total > call.ready.size()) out += ", ...";
  out += "])";
}

// As strace does: "(in [3 4], out [5])". The format writes the three sets as events.
void append_select_results(std::string& out, const Call& call) {
  constexpr std::pair<uint32_t, std::string_view> kSets[]{{0x1, "in ["}, {0x4, "out ["}, {0x2, "except ["}};
  bool any = false;
  for (const auto& [event, name] : kSets) {
    bool in_set = false;
    for (const ReadyEntry& entry : call.ready) {
      if (!(entry.events & event)) continue;
      if (in_set)
        out += ' ';
      else
        out.append(any ? ", " : " (").append(name);
      any = in_set = true;
      append_number(out, entry.fd);
    }
    if (in_set) out += ']';
  }
  if (any) out += ')';
}

void append_rights(std::string& out, const Call& call, const Model::State& state) {
  if (call.rights.empty()) return;
  out += " (received ";
  for (const ReceivedFd& received : call.rights) {
    if (&received != call.rights.data()) out += ", ";
    append_descriptor(out, state, received.file, call.pid, received.fd);
  }
  if (call.rights_total > call.rights.size()) out += ", ...";
  out += ')';
}

// What the kernel says of a socket where it is not what the arguments say: the port it chose, the backlog in
// force.
void append_socket_facts(std::string& out, const Call& call) {
  if (!call.socket || !call.spec || (call.error && call.error != EINPROGRESS)) return;
  const SocketInfo& socket = *call.socket;
  const bool named = call.spec->name == "bind" || call.spec->name == "connect";
  if (named && !socket.local.empty() && socket.local != call.text) {
    out += " [local ";
    append_safe(out, socket.local);
    out += ']';
  }
  const auto asked = call.arg("backlog");
  if (const auto in_force = socket.backlog; call.spec->name == "listen" && in_force && asked != *in_force) {
    out += " [backlog in force ";
    append_number(out, *in_force);
    out += ']';
  }
  if (const int64_t queue = socket.queue.value_or(0); call.spec->wait == WaitKind::Accept && queue > 0) {
    out += " [";
    append_number(out, queue);
    out += " more waiting]";
  }
}

void append_duration_and_doubts(std::string& out, const Call& call) {
  if (!call.peek.empty()) {
    out += " [begins ";
    append_quoted(out, call.peek);
    out += ']';
  }
  out += call.start_known ? " <" : " <at least ";
  append_duration(out, call.dur);
  out += '>';
  if (call.off) {
    out += " [";
    append_off(out, *call.off);
    out += ']';
  }
  if (call.killed) out += " [its thread was killed in it]";
  if (!call.start_known) out += " [began before the recording]";
  if (call.uncertain) out += " [uncertain: records were lost]";
  if (call.late) {
    out += " [recorded ";
    append_duration(out, call.late);
    out += " late]";
  }
}

void append_result(std::string& out, const Call& call, const Model::State& state) {
  out += " = ";
  append_returned(out, call, state);
  const WaitKind wait = call.spec ? call.spec->wait : WaitKind::None;
  if (wait == WaitKind::Poll) append_poll_results(out, call);
  if (wait == WaitKind::Select) append_select_results(out, call);
  append_rights(out, call, state);
  append_socket_facts(out, call);
  append_duration_and_doubts(out, call);
}

void append_progress(std::string& out, const Pending& pending) {
  out += pending.start_known ? " <unfinished, in progress for " : " <unfinished, in progress for at least ";
  append_duration(out, time_between(pending.t, pending.seen));
  out += '>';
  append_origin(out, pending.origin);
}

void append_call(std::string& out, const CallBody& body, const Call* call, const Model::State& state) {
  append_who(out, body.pid, body.tid);
  append_call_name(out, body);
  out += '(';
  append_arguments(out, body, call, state);
  if (!body.continues.empty()) {
    out += "continues ";
    append_safe(out, body.continues);
  }
  out += ')';
}

}  // namespace

void append_line_begin(std::string& out, const Event& event, const Model::State& state) {
  append_seconds(out, time_of(event));
  if (const Call* call = std::get_if<Call>(&event)) return append_call(out, *call, call, state);
  if (const Pending* pending = std::get_if<Pending>(&event))
    return append_call(out, *pending, nullptr, state);
  if (const Sqe* sqe = std::get_if<Sqe>(&event)) return append_submission(out, *sqe, state);
  if (const Cqe* cqe = std::get_if<Cqe>(&event)) return append_completed(out, *cqe, state);
  append_row(out, event, state);
}

void append_line_end(std::string& out, const Event& event, const Model::State& state) {
  if (const Call* call = std::get_if<Call>(&event)) append_result(out, *call, state);
  if (const Pending* pending = std::get_if<Pending>(&event)) append_progress(out, *pending);
  if (const Cqe* cqe = std::get_if<Cqe>(&event)) append_completion(out, *cqe, state);
  out += '\n';
}

}  // namespace loopscope::trace_model
