// SPDX-License-Identifier: Apache-2.0
// Reads `call` and `pending`.
#include <charconv>

#include "trace-model/record_members.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAtFdCwd = -100;

// What is being read, with what its members need to know of each other.
template <typename Record>
struct InProgress {
  Record& record;
  bool named = false;     // `call` was seen
  bool deferred = false;  // something stood before `call` that cannot be understood without it

  bool defer() { return !named && (deferred = true); }
};

bool read_octal(json::value& value, int64_t& out, Complaint& complaint) {
  std::string_view text;
  if (!read_value(value, text, complaint)) return false;
  uint64_t mode = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, mode, 8);
  if (error != std::errc() || at != end) return complaint.fail("is not an octal number in a string");
  out = int64_t(mode);
  return true;
}

bool read_dir_fd(json::value& value, int64_t& out, Complaint& complaint) {
  std::string_view name;
  if (value.get_string().get(name) != simdjson::SUCCESS) return read_value(value, out, complaint);
  if (name != "AT_FDCWD") return complaint.fail("is neither a number nor \"AT_FDCWD\"");
  out = kAtFdCwd;
  return true;
}

template <typename Element>
bool read_pair(json::value& value, std::array<Element, 2>& out, Complaint& complaint) {
  size_t count = 0;
  const bool read = each_element(value, complaint, [&](json::value& item) {
    if (count == 2) return complaint.fail("has more than two elements");
    Element& element = out[count++];
    return is_null(item) || read_value(item, element, complaint);
  });
  return read && (count == 2 || complaint.fail("has fewer than two elements"));
}

bool read_poll_fds(json::value& value, std::vector<PollFd>& out, Complaint& complaint) {
  out.clear();
  return each_element(value, complaint, [&](json::value& item) {
    json::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS)
      return complaint.fail("has an element that is no object");
    PollFd& entry = out.emplace_back();
    return each_member(object, complaint, [&](std::string_view key, json::value& member) {
      if (key == "fd") return read_value(member, entry.fd, complaint);
      uint64_t events = 0;
      if (key != "events") return true;
      const bool read = read_names(member, symbols::kPollEvents, events, complaint);
      entry.events = uint32_t(events);
      return read;
    });
  });
}

size_t fd_set_index(const CallSpec& spec, int arg) {
  size_t index = 0;
  for (int i = 0; i < arg; ++i) index += spec.args[size_t(i)].kind == ArgKind::FdSet;
  return index;
}

bool read_number_arg(json::value& value, const ArgSpec& arg, int64_t& out, Complaint& complaint) {
  uint64_t bits = 0;
  const auto take = [&](bool read) {
    out = int64_t(bits);
    return read;
  };
  switch (arg.kind) {
    case ArgKind::Uint:
      return take(read_value(value, bits, complaint));
    case ArgKind::Octal:
      return read_octal(value, out, complaint);
    case ArgKind::DirFd:
      return read_dir_fd(value, out, complaint);
    case ArgKind::Flags:
      return take(read_names(value, *arg.symbols, bits, complaint));
    case ArgKind::Choice:
      return take(read_choice(value, *arg.symbols, bits, complaint));
    case ArgKind::Opaque:
      return take(read_opaque(value, bits, complaint));
    default:
      return read_value(value, out, complaint);
  }
}

bool read_arg(json::value& value, int index, CallBody& call, Complaint& complaint) {
  const ArgSpec& arg = call.spec->args[size_t(index)];
  call.present |= uint8_t(1u << index);
  switch (arg.kind) {
    case ArgKind::Path:
    case ArgKind::Address:
      return read_value(value, call.text, complaint);
    case ArgKind::FdPair:
      return read_pair(value, call.pair, complaint);
    case ArgKind::PollFds:
      return read_poll_fds(value, call.poll_fds, complaint);
    case ArgKind::FdSet:
      return read_value(value, call.fd_sets[fd_set_index(*call.spec, index)], complaint);
    default:
      return read_number_arg(value, arg, call.args[size_t(index)], complaint);
  }
}

// `pathname_hex`, `pathname_cut`: companions of the argument that is text.
bool read_text_companion(json::value& value, std::string_view key, CallBody& call, Complaint& complaint) {
  for (const ArgSpec& arg : call.spec->args) {
    if (arg.kind != ArgKind::Path && arg.kind != ArgKind::Address) continue;
    if (!key.starts_with(arg.name)) continue;
    const std::string_view suffix = key.substr(arg.name.size());
    if (suffix == "_hex") return read_hex(value, call.text, complaint);
    if (suffix == "_cut") return read_value(value, call.text_cut, complaint);
  }
  return true;
}

int find_arg(const CallSpec& spec, std::string_view key, size_t& next) {
  if (next < spec.args.size() && spec.args[next].name == key) return int(next++);
  const int index = arg_index(spec, key);
  if (index >= 0) next = size_t(index) + 1;
  return index;
}

bool read_args(json::value& value, CallBody& call, Complaint& complaint) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not an object");
  if (!call.spec) return true;
  size_t next = 0;
  return each_member(object, complaint, [&](std::string_view key, json::value& member) {
    const int index = find_arg(*call.spec, key, next);
    return index >= 0 ? read_arg(member, index, call, complaint)
                      : read_text_companion(member, key, call, complaint);
  });
}

bool read_poll_files(json::value& value, CallBody& call, Complaint& complaint) {
  size_t index = 0;
  return each_element(value, complaint, [&](json::value& item) {
    const size_t i = index++;
    return i >= call.poll_fds.size() || is_null(item) || read_value(item, call.poll_fds[i].file, complaint);
  });
}

bool read_files(json::value& value, CallBody& call, FileId& ret_file, Complaint& complaint) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not an object");
  return each_member(object, complaint, [&](std::string_view key, json::value& member) {
    if (key == "ret") return read_value(member, ret_file, complaint);
    const int index = call.spec ? arg_index(*call.spec, key) : -1;
    if (index < 0) return true;
    switch (call.spec->args[size_t(index)].kind) {
      case ArgKind::FdPair:
        return read_pair(member, call.pair_files, complaint);
      case ArgKind::PollFds:
        return read_poll_files(member, call, complaint);
      default:
        return read_value(member, call.files[size_t(index)], complaint);
    }
  });
}

bool read_ready_member(json::value& value, std::string_view key, bool epoll, ReadyEntry& entry,
                       Complaint& complaint) {
  if (key == "events") {
    uint64_t bits = 0;
    const SymbolTable& names = epoll ? symbols::kEpollEvents : symbols::kPollEvents;
    const bool read = read_names(value, names, bits, complaint);
    entry.events = uint32_t(bits);
    return read;
  }
  if (key == "data") return read_opaque(value, entry.data, complaint);
  if (key == "fd") return read_value(value, entry.fd, complaint);
  if (key == "file") return read_value(value, entry.file, complaint);
  if (key == "fds") return read_value(value, entry.candidates, complaint);
  return true;
}

bool read_ready(json::value& value, Call& call, Complaint& complaint) {
  const bool epoll = call.spec && call.spec->wait == WaitKind::Epoll;
  call.ready.clear();
  return each_element(value, complaint, [&](json::value& item) {
    json::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS)
      return complaint.fail("has an element that is no object");
    ReadyEntry& entry = call.ready.emplace_back();
    return each_member(object, complaint, [&](std::string_view key, json::value& member) {
      return read_ready_member(member, key, epoll, entry, complaint);
    });
  });
}

bool read_unreadable(json::value& value, CallBody& call, Complaint& complaint) {
  return each_element(value, complaint, [&](json::value& item) {
    std::string_view name;
    if (!read_value(item, name, complaint)) return false;
    const int index = call.spec ? arg_index(*call.spec, name) : -1;
    if (index >= 0) call.unreadable |= uint8_t(1u << index);
    return true;
  });
}

bool read_error(json::value& value, Call& call, Complaint& complaint) {
  std::string_view name;
  if (!read_value(value, name, complaint)) return false;
  const auto number = error_number(name);
  if (!number || *number <= 0) return complaint.fail("is not the name of an error");
  call.error = *number;
  return true;
}

bool read_rights(json::value& value, Call& call, Complaint& complaint) {
  call.rights.clear();
  return each_element(value, complaint, [&](json::value& item) {
    json::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS)
      return complaint.fail("has an element that is no object");
    ReceivedFd& received = call.rights.emplace_back();
    return each_member(object, complaint, [&](std::string_view key, json::value& member) {
      if (key == "fd") return read_value(member, received.fd, complaint);
      return key != "file" || read_value(member, received.file, complaint);
    });
  });
}

// ---- the two tables

template <typename Record>
using Reading = InProgress<Record>;

template <auto member, typename Record>
bool field(json::value& value, Reading<Record>& in, Complaint& complaint) {
  return read_value(value, in.record.*member, complaint);
}

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

template <typename Record>
bool args(json::value& value, Reading<Record>& in, Complaint& complaint) {
  return in.defer() || read_args(value, in.record, complaint);
}

template <typename Record>
bool unreadable(json::value& value, Reading<Record>& in, Complaint& complaint) {
  return in.defer() || read_unreadable(value, in.record, complaint);
}

bool call_files(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return in.defer() || read_files(value, in.record, in.record.ret_file, complaint);
}

bool pending_files(json::value& value, Reading<Pending>& in, Complaint& complaint) {
  FileId none = 0;
  return in.defer() || read_files(value, in.record, none, complaint);
}

bool ready(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return in.defer() || read_ready(value, in.record, complaint);
}

bool rights(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return read_rights(value, in.record, complaint);
}

bool error(json::value& value, Reading<Call>& in, Complaint& complaint) {
  return read_error(value, in.record, complaint);
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
                                               {"error", kOptional, error},
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
                                               {"rights", kOptional, rights},
                                               {"rights_total", kOptional, field<&Call::rights_total>},
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
                                                     {"files", kOptional, pending_files},
                                                     {"start_known", kOptional, field<&Pending::start_known>},
                                                     {"unreadable", kOptional, unreadable<Pending>},
                                                     {"origin", kOptional, field<&Pending::origin>}};

// Empty lists are left out of a line: an argument that is a list and is not there was empty, unless it could
// not be read. EPOLL_CTL_DEL alone has no event to have an empty list of.
void add_what_was_left_out(CallBody& call) {
  if (!call.pid) call.pid = call.tid;
  if (!call.spec) return;
  const bool deletes = call.spec->name == "epoll_ctl" && call.arg("op") == 2;  // EPOLL_CTL_DEL
  for (size_t i = 0; i < call.spec->args.size(); ++i) {
    const ArgSpec& arg = call.spec->args[i];
    const bool list = arg.kind == ArgKind::Flags || arg.kind == ArgKind::PollFds;
    if (!list || call.has(int(i)) || (call.unreadable >> i & 1) || (deletes && arg.position < 0)) continue;
    call.set(int(i), 0);
  }
}

template <typename Record>
bool read_in_passes(json::document& document, std::span<const Member<Reading<Record>>> table, Record& record,
                    Complaint& complaint) {
  Reading<Record> reading{record};
  do {
    if (reading.deferred) document.rewind();
    reading.deferred = false;
    json::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not a JSON object");
    if (!read_members(object, table, reading, complaint)) return false;
    if (!document.is_alive()) return complaint.fail("is not a JSON object");
  } while (reading.deferred);  // at most twice: the second time the call has its name
  add_what_was_left_out(record);
  return true;
}

}  // namespace

bool read_call(json::document& document, Call& call, Complaint& complaint) {
  return read_in_passes<Call>(document, kCallMembers, call, complaint);
}

bool read_pending(json::document& document, Pending& pending, Complaint& complaint) {
  return read_in_passes<Pending>(document, kPendingMembers, pending, complaint);
}

}  // namespace loopscope::trace_model
