// SPDX-License-Identifier: Apache-2.0
#include "trace-model/call_values.h"

#include <charconv>

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAtFdCwd = -100;

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

bool read_poll_files(json::value& value, CallBody& call, Complaint& complaint) {
  size_t index = 0;
  return each_element(value, complaint, [&](json::value& item) {
    const size_t i = index++;
    return i >= call.poll_fds.size() || is_null(item) || read_value(item, call.poll_fds[i].file, complaint);
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

// Bit i: args[i] is left out where it is empty.
uint8_t lists_of(const CallSpec& spec) {
  static const std::vector<uint8_t> lists = [] {
    std::vector<uint8_t> made;
    for (const CallSpec& each : all_calls()) {
      uint8_t& of_call = made.emplace_back();
      for (size_t i = 0; i < each.args.size(); ++i)
        if (each.args[i].kind == ArgKind::Flags || each.args[i].kind == ArgKind::PollFds)
          of_call |= uint8_t(1u << i);
    }
    return made;
  }();
  return lists[size_t(&spec - all_calls().data())];
}

bool deletes_item(const CallBody& call) {
  return call.spec->name == "epoll_ctl" && call.arg("op") == 2;  // EPOLL_CTL_DEL
}

}  // namespace

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

bool read_ready(json::value& value, bool epoll, std::vector<ReadyEntry>& out, Complaint& complaint) {
  out.clear();
  return each_element(value, complaint, [&](json::value& item) {
    json::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS)
      return complaint.fail("has an element that is no object");
    ReadyEntry& entry = out.emplace_back();
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

bool read_error(json::value& value, int& out, Complaint& complaint) {
  std::string_view name;
  if (!read_value(value, name, complaint)) return false;
  const auto number = error_number(name);
  if (!number || *number <= 0) return complaint.fail("is not the name of an error");
  out = *number;
  return true;
}

bool read_rights(json::value& value, std::vector<ReceivedFd>& out, Complaint& complaint) {
  out.clear();
  return each_element(value, complaint, [&](json::value& item) {
    json::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS)
      return complaint.fail("has an element that is no object");
    ReceivedFd& received = out.emplace_back();
    return each_member(object, complaint, [&](std::string_view key, json::value& member) {
      if (key == "fd") return read_value(member, received.fd, complaint);
      return key != "file" || read_value(member, received.file, complaint);
    });
  });
}

void add_lists_left_out(CallBody& call) {
  if (!call.spec) return;
  unsigned lists = lists_of(*call.spec) & ~unsigned(call.present | call.unreadable);
  for (int i = 0; lists != 0; ++i, lists >>= 1)
    if ((lists & 1) && !(call.spec->args[size_t(i)].position < 0 && deletes_item(call))) call.set(i, 0);
}

}  // namespace loopscope::trace_model
