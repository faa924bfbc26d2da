// SPDX-License-Identifier: Apache-2.0
// Reads `ring`, `sqe` and `cqe`.
#include "trace-model/record_passes.h"
#include "trace-model/record_tables.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

bool read_bits(json::value& value, const SymbolTable& table, uint32_t& out, Complaint& complaint) {
  uint64_t bits = 0;
  const bool read = read_names(value, table, bits, complaint);
  out = uint32_t(bits);
  return read;
}

bool read_op(json::value& value, uint8_t& out, Complaint& complaint) {
  std::string_view name;
  if (!read_value(value, name, complaint)) return false;
  const auto number = uring_op_number(name);
  if (!number)
    complaint.notes.push_back("the operation \"" + std::string(name.substr(0, 80)) + "\" is not known");
  out = number.value_or(uring::kUnknown);
  return true;
}

// ---- ring

bool ring_flags(json::value& value, RingRow& row, Complaint& complaint) {
  return read_bits(value, symbols::kUringSetupFlags, row.flags, complaint);
}

constexpr Member<RingRow> kRing[]{{"id", kRequired, into<&RingRow::id>},
                                  {"t", kRequired, into<&RingRow::t>},
                                  {"pid", kOptional, into<&RingRow::pid>},
                                  {"tid", kOptional, into<&RingRow::tid>},
                                  {"ring", kRequired, into<&RingRow::ring>},
                                  {"fd", kOptional, into<&RingRow::fd>},
                                  {"sq_entries", kOptional, into<&RingRow::sq_entries>},
                                  {"cq_entries", kOptional, into<&RingRow::cq_entries>},
                                  {"flags", kOptional, ring_flags},
                                  {"sq_thread", kOptional, into<&RingRow::sq_thread>},
                                  {"origin", kOptional, into<&RingRow::origin>}};

// ---- sqe

bool sqe_op(json::value& value, Reading<Sqe>& in, Complaint& complaint) {
  if (!read_op(value, in.record.op, complaint)) return false;
  in.record.spec = call_of_op(in.record.op);
  in.named = true;
  return true;
}

bool slot(json::value& value, Reading<Sqe>& in, Complaint& complaint) {
  in.record.fixed = true;
  return read_value(value, in.record.fd, complaint);
}

bool sqe_user_data(json::value& value, Reading<Sqe>& in, Complaint& complaint) {
  return read_opaque(value, in.record.user_data, complaint);
}

bool sqe_flags(json::value& value, Reading<Sqe>& in, Complaint& complaint) {
  return read_bits(value, symbols::kSqeFlags, in.record.flags, complaint);
}

bool poll(json::value& value, Reading<Sqe>& in, Complaint& complaint) {
  return read_bits(value, symbols::kPollEvents, in.record.poll, complaint);
}

bool direct(json::value& value, Reading<Sqe>& in, Complaint& complaint) {
  std::string_view name;
  if (value.get_string().get(name) != simdjson::SUCCESS)
    return read_value(value, in.record.direct, complaint);
  if (name != "alloc") return complaint.fail("is neither a number nor \"alloc\"");
  in.record.direct = kDirectAlloc;
  return true;
}

constexpr Member<Reading<Sqe>> kSqe[]{{"id", kRequired, field<&Sqe::id>},
                                      {"t", kRequired, field<&Sqe::t>},
                                      {"pid", kOptional, field<&Sqe::pid>},
                                      {"tid", kOptional, field<&Sqe::tid>},
                                      {"ring", kRequired, field<&Sqe::ring>},
                                      {"op", kRequired, sqe_op},
                                      {"fd", kOptional, field<&Sqe::fd>},
                                      {"slot", kOptional, slot},
                                      {"file", kOptional, field<&Sqe::file_id>},
                                      {"user_data", kOptional, sqe_user_data},
                                      {"flags", kOptional, sqe_flags},
                                      {"multishot", kOptional, field<&Sqe::multishot>},
                                      {"direct", kOptional, direct},
                                      {"buf_group", kOptional, field<&Sqe::buf_group>},
                                      {"buf_index", kOptional, field<&Sqe::buf_index>},
                                      {"poll", kOptional, poll},
                                      {"timeout_ns", kOptional, field<&Sqe::timeout_ns>},
                                      {"args", kOptional, args<Sqe>},
                                      {"files", kOptional, files<Sqe>},
                                      {"unreadable", kOptional, unreadable<Sqe>},
                                      {"error", kOptional, error<Sqe>},
                                      {"fd_inferred", kOptional, field<&Sqe::fd_inferred>},
                                      {"origin", kOptional, field<&Sqe::origin>}};

// ---- cqe

bool cqe_op(json::value& value, Cqe& cqe, Complaint& complaint) {
  return read_op(value, cqe.op.emplace(), complaint);
}

bool cqe_user_data(json::value& value, Cqe& cqe, Complaint& complaint) {
  return read_opaque(value, cqe.user_data, complaint);
}

bool cqe_flags(json::value& value, Cqe& cqe, Complaint& complaint) {
  return read_bits(value, symbols::kCqeFlags, cqe.flags, complaint);
}

// `res` says it too, and in numbers.
bool cqe_error(json::value& value, Cqe&, Complaint& complaint) {
  std::string_view name;
  return read_value(value, name, complaint);
}

bool cqe_ready(json::value& value, Cqe& cqe, Complaint& complaint) {
  return read_ready(value, true, cqe.ready, complaint);
}

template <auto member>
bool made(json::value& value, Cqe& cqe, Complaint& complaint) {
  if (!cqe.socket) cqe.socket.emplace();
  return read_value(value, (*cqe.socket).*member, complaint);
}

template <auto member>
bool made_hex(json::value& value, Cqe& cqe, Complaint& complaint) {
  if (!cqe.socket) cqe.socket.emplace();
  return read_hex(value, (*cqe.socket).*member, complaint);
}

constexpr Member<Cqe> kCqe[]{{"id", kRequired, into<&Cqe::id>},
                             {"t", kRequired, into<&Cqe::t>},
                             {"pid", kOptional, into<&Cqe::pid>},
                             {"tid", kOptional, into<&Cqe::tid>},
                             {"ring", kRequired, into<&Cqe::ring>},
                             {"sqe", kOptional, into<&Cqe::sqe>},
                             {"op", kOptional, cqe_op},
                             {"user_data", kOptional, cqe_user_data},
                             {"res", kRequired, into<&Cqe::res>},
                             {"error", kOptional, cqe_error},
                             {"flags", kOptional, cqe_flags},
                             {"buffer", kOptional, into<&Cqe::buffer>},
                             {"file", kOptional, into<&Cqe::file>},
                             {"on", kOptional, into<&Cqe::on>},
                             {"kind", kOptional, made<&SocketInfo::kind>},
                             {"local", kOptional, made<&SocketInfo::local>},
                             {"local_hex", kOptional, made_hex<&SocketInfo::local>},
                             {"peer", kOptional, made<&SocketInfo::peer>},
                             {"peer_hex", kOptional, made_hex<&SocketInfo::peer>},
                             {"inode", kOptional, made<&SocketInfo::inode>},
                             {"backlog", kOptional, made<&SocketInfo::backlog>},
                             {"queue", kOptional, made<&SocketInfo::queue>},
                             {"drops", kOptional, made<&SocketInfo::drops>},
                             {"ready", kOptional, cqe_ready},
                             {"ready_total", kOptional, into<&Cqe::ready_total>},
                             {"armed", kOptional, into<&Cqe::armed>},
                             {"woken", kOptional, into<&Cqe::woken>},
                             {"punted", kOptional, into<&Cqe::punted>},
                             {"overflow", kOptional, into<&Cqe::overflow>},
                             {"uncertain", kOptional, into<&Cqe::uncertain>}};

// The descriptor stands in a member of its own, not among the arguments.
void put_descriptor_back(Sqe& sqe) {
  const int index = descriptor_argument(sqe.op);
  if (index < 0) return;
  if (sqe.fd >= 0 || sqe.fixed) sqe.set(index, sqe.fd);
  if (sqe.file_id) sqe.files[size_t(index)] = sqe.file_id;
}

}  // namespace

template <>
std::span<const Member<RingRow>> members_of() {
  return kRing;
}
template <>
std::span<const Member<Cqe>> members_of() {
  return kCqe;
}

bool read_sqe(json::document& document, Sqe& sqe, Complaint& complaint) {
  return read_in_passes<Sqe>(document, kSqe, sqe, complaint);
}

void complete(Sqe& sqe) {
  put_descriptor_back(sqe);
  // Of the others only what is there is known: the entry was not read.
  if (!sqe.fd_inferred && sqe.origin == Origin::Trace) add_lists_left_out(sqe);
}

}  // namespace loopscope::trace_model
