// SPDX-License-Identifier: Apache-2.0
// Reads `call` and `pending`.
#include "trace-model/off_json.h"
#include "trace-model/record_passes.h"

namespace loopscope::trace_model {
namespace {

template <auto member>
bool socket_field(json::value& value, Reading<Call>& in, Complaint& complaint) {
  if (!in.record.socket) in.record.socket.emplace();
  return read_value(value, (*in.record.socket).*member, complaint);
}

template <auto member>
bool socket_hex(json::value& value, Reading<Call>& in, Complaint& complaint) {
  if (!in.record.socket) in.record.socket.emplace();
  return read_hex(value, (*in.record.socket).*member, complaint);
}

template <typename Record>
bool call_name(json::value& value, Reading<Record>& in, Complaint& complaint) {
  std::string_view name;
  if (!read_value(value, name, complaint)) return false;
  in.named = true;
  in.record.spec = find_call(name);
  if (!in.record.spec) in.record.unknown_name = name;
  return true;
}

bool call_files(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return in.defer() || read_files(value, in.record, in.record.ret_file, complaint);
}

bool ready(json::value& value, Reading<Call>& in, Complaint& complaint) {
  if (in.defer()) return true;
  const bool epoll = in.record.spec && in.record.spec->wait == WaitKind::Epoll;
  return read_ready(value, epoll, in.record.ready, complaint);
}

bool rights(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return read_rights(value, in.record.rights, complaint);
}

bool peek_hex(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return read_hex(value, in.record.peek, complaint);
}

bool off(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return read_off(value, in.record.off, complaint);
}

constexpr Member<Reading<Call>> kCallMembers[]{{"id", kRequired, field<&Call::id>},
                                               {"t", kRequired, field<&Call::t>},
                                               {"dur", kRequired, field<&Call::dur>},
                                               {"late", kOptional, field<&Call::late>},
                                               {"start_known", kOptional, field<&Call::start_known>},
                                               {"pending", kOptional, field<&Call::pending>},
                                               {"pid", kOptional, field<&Call::pid>},
                                               {"tid", kRequired, field<&Call::tid>},
                                               {"call", kRequired, call_name<Call>},
                                               {"args", kOptional, args<Call>},
                                               {"continues", kOptional, field<&Call::continues>},
                                               {"files", kOptional, call_files},
                                               {"ret", kRequired, field<&Call::ret>},
                                               {"error", kOptional, error<Call>},
                                               {"killed", kOptional, field<&Call::killed>},
                                               {"ready", kOptional, ready},
                                               {"ready_total", kOptional, field<&Call::ready_total>},
                                               {"kind", kOptional, socket_field<&SocketInfo::kind>},
                                               {"local", kOptional, socket_field<&SocketInfo::local>},
                                               {"local_hex", kOptional, socket_hex<&SocketInfo::local>},
                                               {"peer", kOptional, socket_field<&SocketInfo::peer>},
                                               {"peer_hex", kOptional, socket_hex<&SocketInfo::peer>},
                                               {"inode", kOptional, socket_field<&SocketInfo::inode>},
                                               {"backlog", kOptional, socket_field<&SocketInfo::backlog>},
                                               {"queue", kOptional, socket_field<&SocketInfo::queue>},
                                               {"drops", kOptional, socket_field<&SocketInfo::drops>},
                                               {"rights", kOptional, rights},
                                               {"rights_total", kOptional, field<&Call::rights_total>},
                                               {"off", kOptional, off},
                                               {"peek", kOptional, field<&Call::peek>},
                                               {"peek_hex", kOptional, peek_hex},
                                               {"uncertain", kOptional, field<&Call::uncertain>},
                                               {"unreadable", kOptional, unreadable<Call>}};

constexpr Member<Reading<Pending>> kPendingMembers[]{{"id", kRequired, field<&Pending::id>},
                                                     {"t", kRequired, field<&Pending::t>},
                                                     {"seen", kRequired, field<&Pending::seen>},
                                                     {"pid", kOptional, field<&Pending::pid>},
                                                     {"tid", kRequired, field<&Pending::tid>},
                                                     {"call", kRequired, call_name<Pending>},
                                                     {"args", kOptional, args<Pending>},
                                                     {"continues", kOptional, field<&Pending::continues>},
                                                     {"files", kOptional, files<Pending>},
                                                     {"start_known", kOptional, field<&Pending::start_known>},
                                                     {"unreadable", kOptional, unreadable<Pending>},
                                                     {"origin", kOptional, field<&Pending::origin>}};

}  // namespace

bool read_call(json::document& document, Call& call, Complaint& complaint) {
  return read_in_passes<Call>(document, kCallMembers, call, complaint);
}

bool read_pending(json::document& document, Pending& pending, Complaint& complaint) {
  return read_in_passes<Pending>(document, kPendingMembers, pending, complaint);
}

void complete(Call& call) {
  add_lists_left_out(call);
}

void complete(Pending& pending) {
  add_lists_left_out(pending);
}

}  // namespace loopscope::trace_model
