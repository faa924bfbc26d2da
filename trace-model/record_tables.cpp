// SPDX-License-Identifier: Apache-2.0
#include "trace-model/record_tables.h"

#include <array>

#include "trace-model/off_json.h"

namespace loopscope::trace_model {
namespace {

template <auto member>
bool socket_field(json::value& value, FdRow& row, Complaint& complaint) {
  return read_value(value, row.socket.*member, complaint);
}

template <auto member>
bool socket_hex(json::value& value, FdRow& row, Complaint& complaint) {
  return read_hex(value, row.socket.*member, complaint);
}

bool threads(json::value& value, ProcessRow& row, Complaint& complaint) {
  return each_element(value, complaint, [&](json::value& item) {
    json::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS)
      return complaint.fail("has an element that is no object");
    ThreadName& thread = row.threads.emplace_back();
    return each_member(object, complaint, [&](std::string_view key, json::value& member) {
      if (key == "tid") return read_value(member, thread.tid, complaint);
      if (key == "comm") return read_value(member, thread.comm, complaint);
      return key != "comm_hex" || read_hex(member, thread.comm, complaint);
    });
  });
}

bool cpu_times(json::value& value, CpuRow& row, Complaint& complaint) {
  return each_element(value, complaint, [&](json::value& item) {
    json::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS)
      return complaint.fail("has an element that is no object");
    CpuTime& thread = row.threads.emplace_back();
    return each_member(object, complaint, [&](std::string_view key, json::value& member) {
      if (key == "tid") return read_value(member, thread.tid, complaint);
      if (key == "ns") return read_value(member, thread.ns, complaint);
      if (key == "comm") return read_value(member, thread.comm, complaint);
      return key != "comm_hex" || read_hex(member, thread.comm, complaint);
    });
  });
}

template <typename Record, auto member, auto table>
bool bits(json::value& value, Record& record, Complaint& complaint) {
  uint64_t all = 0;
  const bool read = read_names(value, *table, all, complaint);
  record.*member = std::remove_reference_t<decltype(record.*member)>(all);
  return read;
}

bool watch_data(json::value& value, WatchRow& row, Complaint& complaint) {
  return read_opaque(value, row.data, complaint);
}

bool exit_signal(json::value& value, Exit& exit, Complaint& complaint) {
  uint64_t number = 0;
  const bool read = read_choice(value, symbols::kSignal, number, complaint);
  exit.signal = int(number);
  return read;
}

bool loss_class(json::value& value, Lost& lost, Complaint& complaint) {
  std::string_view name;
  if (!read_value(value, name, complaint)) return false;
  const auto known = loss_class_of(name);
  if (!known)
    complaint.notes.push_back("the class of loss \"" + std::string(name.substr(0, 80)) + "\" is not known");
  lost.loss_class = known.value_or(LossClass::Other);
  return true;
}

constexpr Member<TraceHeader> kTrace[]{{"id", kRequired, into<&TraceHeader::id>},
                                       {"format", kRequired, into<&TraceHeader::format>},
                                       {"tool", kOptional, into<&TraceHeader::tool>},
                                       {"tool_hex", kOptional, hex_into<&TraceHeader::tool>},
                                       {"started", kOptional, into<&TraceHeader::started>},
                                       {"monotonic_ns", kOptional, into<&TraceHeader::monotonic_ns>},
                                       {"kernel", kOptional, into<&TraceHeader::kernel>},
                                       {"arch", kOptional, into<&TraceHeader::arch>},
                                       {"host_cpus", kOptional, into<&TraceHeader::host_cpus>},
                                       {"command", kOptional, into<&TraceHeader::command>},
                                       {"command_hex", kOptional, hex_into<&TraceHeader::command>},
                                       {"target", kOptional, into<&TraceHeader::target>},
                                       {"calls", kOptional, into<&TraceHeader::calls>},
                                       {"io", kOptional, into<&TraceHeader::io>},
                                       {"probes", kOptional, into<&TraceHeader::probes>},
                                       {"last_s", kOptional, into<&TraceHeader::last_s>}};

constexpr Member<ProcessRow> kProcess[]{{"id", kRequired, into<&ProcessRow::id>},
                                        {"t", kRequired, into<&ProcessRow::t>},
                                        {"pid", kRequired, into<&ProcessRow::pid>},
                                        {"ppid", kOptional, into<&ProcessRow::ppid>},
                                        {"nspid", kOptional, into<&ProcessRow::nspid>},
                                        {"fdtable", kOptional, into<&ProcessRow::fdtable>},
                                        {"comm", kOptional, into<&ProcessRow::comm>},
                                        {"comm_hex", kOptional, hex_into<&ProcessRow::comm>},
                                        {"exe", kOptional, into<&ProcessRow::exe>},
                                        {"exe_hex", kOptional, hex_into<&ProcessRow::exe>},
                                        {"cmdline", kOptional, into<&ProcessRow::cmdline>},
                                        {"cmdline_hex", kOptional, hex_into<&ProcessRow::cmdline>},
                                        {"threads", kOptional, threads},
                                        {"netns", kOptional, into<&ProcessRow::netns>},
                                        {"pidns", kOptional, into<&ProcessRow::pidns>},
                                        {"origin", kOptional, into<&ProcessRow::origin>}};

constexpr Member<FdRow> kFd[]{{"id", kRequired, into<&FdRow::id>},
                              {"t", kRequired, into<&FdRow::t>},
                              {"pid", kRequired, into<&FdRow::pid>},
                              {"fd", kRequired, into<&FdRow::fd>},
                              {"file", kOptional, into<&FdRow::file>},
                              {"fdtable", kOptional, into<&FdRow::fdtable>},
                              {"kind", kRequired, socket_field<&SocketInfo::kind>},
                              {"state", kOptional, socket_field<&SocketInfo::state>},
                              {"sock_type", kOptional, socket_field<&SocketInfo::sock_type>},
                              {"local", kOptional, socket_field<&SocketInfo::local>},
                              {"local_hex", kOptional, socket_hex<&SocketInfo::local>},
                              {"peer", kOptional, socket_field<&SocketInfo::peer>},
                              {"peer_hex", kOptional, socket_hex<&SocketInfo::peer>},
                              {"backlog", kOptional, socket_field<&SocketInfo::backlog>},
                              {"queue", kOptional, socket_field<&SocketInfo::queue>},
                              {"drops", kOptional, socket_field<&SocketInfo::drops>},
                              {"inode", kOptional, socket_field<&SocketInfo::inode>},
                              {"peer_inode", kOptional, socket_field<&SocketInfo::peer_inode>},
                              {"path", kOptional, into<&FdRow::path>},
                              {"path_hex", kOptional, hex_into<&FdRow::path>},
                              {"cloexec", kOptional, into<&FdRow::cloexec>},
                              {"nonblock", kOptional, into<&FdRow::nonblock>},
                              {"origin", kOptional, into<&FdRow::origin>}};

constexpr Member<WatchRow> kWatch[]{
    {"id", kRequired, into<&WatchRow::id>},
    {"t", kRequired, into<&WatchRow::t>},
    {"pid", kRequired, into<&WatchRow::pid>},
    {"epfd", kRequired, into<&WatchRow::epfd>},
    {"file", kOptional, into<&WatchRow::file>},
    {"fd", kRequired, into<&WatchRow::fd>},
    {"target", kOptional, into<&WatchRow::target>},
    {"events", kOptional, bits<WatchRow, &WatchRow::events, &symbols::kEpollEvents>},
    {"data", kRequired, watch_data},
    {"target_closed", kOptional, into<&WatchRow::target_closed>},
    {"origin", kOptional, into<&WatchRow::origin>}};

constexpr Member<SnapshotEnd> kSnapshotEnd[]{
    {"id", kRequired, into<&SnapshotEnd::id>},
    {"t", kRequired, into<&SnapshotEnd::t>},
    {"since", kRequired, into<&SnapshotEnd::since>},
    {"pids", kOptional, into<&SnapshotEnd::pids>},
    {"origin", kOptional, into<&SnapshotEnd::origin>},
    {"incomplete", kOptional, into<&SnapshotEnd::incomplete>},
    {"incomplete_hex", kOptional, hex_into<&SnapshotEnd::incomplete>}};

constexpr std::array<std::string_view, 7> kOffKeys{"dur",   "intervals", "state", "woken",
                                                   "delay", "context",   "by"};
template <size_t key>
bool off(json::value& value, OffRow& row, Complaint& complaint) {
  return read_off_member(value, kOffKeys[key], row.off, complaint);
}

constexpr Member<OffRow> kOff[]{
    {"id", kRequired, into<&OffRow::id>},   {"t", kRequired, into<&OffRow::t>},
    {"pid", kOptional, into<&OffRow::pid>}, {"tid", kRequired, into<&OffRow::tid>},
    {kOffKeys[0], kRequired, off<0>},       {kOffKeys[1], kOptional, off<1>},
    {kOffKeys[2], kRequired, off<2>},       {kOffKeys[3], kOptional, off<3>},
    {kOffKeys[4], kOptional, off<4>},       {kOffKeys[5], kOptional, off<5>},
    {kOffKeys[6], kOptional, off<6>}};

constexpr Member<QueueRow> kQueue[]{
    {"id", kRequired, into<&QueueRow::id>},           {"t", kRequired, into<&QueueRow::t>},
    {"file", kRequired, into<&QueueRow::file>},       {"queue", kRequired, into<&QueueRow::queue>},
    {"backlog", kRequired, into<&QueueRow::backlog>}, {"drops", kRequired, into<&QueueRow::drops>}};

constexpr Member<CpuRow> kCpu[]{{"id", kRequired, into<&CpuRow::id>},
                                {"t", kRequired, into<&CpuRow::t>},
                                {"pid", kRequired, into<&CpuRow::pid>},
                                {"threads", kOptional, cpu_times}};

constexpr Member<Fork> kFork[]{{"id", kRequired, into<&Fork::id>},
                               {"t", kRequired, into<&Fork::t>},
                               {"pid", kOptional, into<&Fork::pid>},
                               {"tid", kRequired, into<&Fork::tid>},
                               {"child", kRequired, into<&Fork::child>},
                               {"child_tid", kRequired, into<&Fork::child_tid>},
                               {"nspid", kOptional, into<&Fork::nspid>},
                               {"fdtable", kOptional, into<&Fork::fdtable>},
                               {"flags", kOptional, bits<Fork, &Fork::flags, &symbols::kCloneFlags>}};

constexpr Member<Exec> kExec[]{
    {"id", kRequired, into<&Exec::id>},           {"t", kRequired, into<&Exec::t>},
    {"pid", kOptional, into<&Exec::pid>},         {"tid", kRequired, into<&Exec::tid>},
    {"old_tid", kOptional, into<&Exec::old_tid>}, {"exe", kOptional, into<&Exec::exe>},
    {"exe_hex", kOptional, hex_into<&Exec::exe>}, {"fdtable", kOptional, into<&Exec::fdtable>}};

constexpr Member<Unshare> kUnshare[]{
    {"id", kRequired, into<&Unshare::id>},           {"t", kRequired, into<&Unshare::t>},
    {"pid", kOptional, into<&Unshare::pid>},         {"tid", kRequired, into<&Unshare::tid>},
    {"fdtable", kRequired, into<&Unshare::fdtable>}, {"from", kOptional, into<&Unshare::from>}};

constexpr Member<Exit> kExit[]{
    {"id", kRequired, into<&Exit::id>},     {"t", kRequired, into<&Exit::t>},
    {"pid", kOptional, into<&Exit::pid>},   {"tid", kRequired, into<&Exit::tid>},
    {"code", kOptional, into<&Exit::code>}, {"signal", kOptional, exit_signal},
    {"last", kOptional, into<&Exit::last>}, {"cpu_ns", kOptional, into<&Exit::cpu_ns>}};

constexpr Member<Lost> kLost[]{{"id", kRequired, into<&Lost::id>},
                               {"t", kRequired, into<&Lost::t>},
                               {"until", kRequired, into<&Lost::until>},
                               {"count", kRequired, into<&Lost::count>},
                               {"class", kRequired, loss_class}};

constexpr Member<End> kEnd[]{
    {"id", kRequired, into<&End::id>},          {"t", kRequired, into<&End::t>},
    {"events", kRequired, into<&End::events>},  {"lost", kRequired, into<&End::lost>},
    {"reason", kOptional, into<&End::reason>},  {"reason_hex", kOptional, hex_into<&End::reason>},
    {"error", kOptional, into<&End::error>},    {"error_hex", kOptional, hex_into<&End::error>},
    {"skipped", kOptional, into<&End::skipped>}};

constexpr Member<Unknown> kUnknown[]{{"id", kRequired, into<&Unknown::id>},
                                     {"type", kRequired, into<&Unknown::type>}};

}  // namespace

bool read_value(json::value& value, Origin& out, Complaint& complaint) {
  std::string_view name;
  if (!read_value(value, name, complaint)) return false;
  if (const auto origin = origin_of(name))
    out = *origin;
  else
    complaint.notes.push_back("the origin \"" + std::string(name.substr(0, 80)) + "\" is not known");
  return true;
}

template <>
std::span<const Member<TraceHeader>> members_of() {
  return kTrace;
}
template <>
std::span<const Member<ProcessRow>> members_of() {
  return kProcess;
}
template <>
std::span<const Member<FdRow>> members_of() {
  return kFd;
}
template <>
std::span<const Member<WatchRow>> members_of() {
  return kWatch;
}
template <>
std::span<const Member<SnapshotEnd>> members_of() {
  return kSnapshotEnd;
}
template <>
std::span<const Member<OffRow>> members_of() {
  return kOff;
}
template <>
std::span<const Member<QueueRow>> members_of() {
  return kQueue;
}
template <>
std::span<const Member<CpuRow>> members_of() {
  return kCpu;
}
template <>
std::span<const Member<Fork>> members_of() {
  return kFork;
}
template <>
std::span<const Member<Exec>> members_of() {
  return kExec;
}
template <>
std::span<const Member<Unshare>> members_of() {
  return kUnshare;
}
template <>
std::span<const Member<Exit>> members_of() {
  return kExit;
}
template <>
std::span<const Member<Lost>> members_of() {
  return kLost;
}
template <>
std::span<const Member<End>> members_of() {
  return kEnd;
}
template <>
std::span<const Member<Unknown>> members_of() {
  return kUnknown;
}

}  // namespace loopscope::trace_model
