// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/call_arguments.h"

#include <algorithm>

#include "exchange/strace/address_text.h"
#include "exchange/strace/text.h"

namespace loopscope::exchange::strace {
namespace {

using trace_model::arg_index;
using trace_model::ArgKind;
using trace_model::ArgSpec;
using trace_model::CallBody;
using trace_model::PollFd;
namespace symbols = trace_model::symbols;

constexpr int64_t kSetFd = 2, kSetFlags = 4, kControlDelete = 2, kNonblockRequest = 0x5421;

std::string_view within(std::string_view text, char open, char close) {
  return text.size() >= 2 && text.front() == open && text.back() == close ? text.substr(1, text.size() - 2)
                                                                          : std::string_view();
}

// "[3, 4]", "[3<pipe:[5]>, 4<…>]"
bool read_pair(std::string_view text, CallBody& body, Descriptions& described) {
  const auto parts = split_arguments(within(text, '[', ']'));
  if (!parts || parts->size() != 2) return false;
  for (size_t i = 0; i < 2; ++i) {
    const auto fd = read_fd((*parts)[i]);
    if (!fd) return false;
    body.pair[i] = fd->fd;
    described.pair[i] = fd->what;
  }
  return true;
}

bool read_poll_fds(std::string_view text, CallBody& body) {
  const auto parts = split_arguments(within(text, '[', ']'));
  if (!parts) return false;
  for (const std::string_view part : *parts) {
    const auto fd = member(part, "fd", 0), events = member(part, "events", 1);
    const auto number = fd ? read_fd(*fd) : std::nullopt;
    if (!number) continue;  // "..."
    PollFd& entry = body.poll_fds.emplace_back();
    entry.fd = number->fd;
    entry.events = uint32_t(events ? read_flags(symbols::kPollEvents, *events).value_or(0) : 0);
  }
  return true;
}

// "[3 5<…>]"; the numbers stand without commas.
std::vector<int> read_set(std::string_view text) {
  std::vector<int> numbers;
  text = within(text, '[', ']');
  while (!text.empty()) {
    size_t end = 0;
    while (end < text.size() && text[end] != ' ') {
      end = end_of_piece(text, end);
      if (end == text.npos) return numbers;
    }
    if (const auto fd = read_fd(text.substr(0, end))) numbers.push_back(fd->fd);
    text = trimmed(text.substr(std::min(end + 1, text.size())));
  }
  return numbers;
}

// IPPROTO_IP and its like are names that a trace does not keep.
std::optional<int64_t> read_protocol(std::string_view text) {
  constexpr std::pair<std::string_view, int64_t> kNames[]{
      {"IPPROTO_IP", 0}, {"IPPROTO_ICMP", 1}, {"IPPROTO_TCP", 6}, {"IPPROTO_UDP", 17}, {"NETLINK_ROUTE", 0}};
  for (const auto& [name, number] : kNames)
    if (text == name) return number;
  return read_number(text);
}

enum class Read : uint8_t { Yes, No, Needed };  // Needed: no, and the call means nothing without it

Read read_one(const ArgSpec& spec, size_t index, std::string_view text, CallBody& body,
              Descriptions& described) {
  std::optional<int64_t> value;
  switch (spec.kind) {
    case ArgKind::Fd: {
      const auto fd = read_fd(text);
      if (!fd) return Read::Needed;
      described.args[index] = fd->what;
      value = fd->fd;
      break;
    }
    case ArgKind::DirFd: {
      const auto fd = text.starts_with("AT_FDCWD") ? std::nullopt : read_fd(text);
      value = fd ? fd->fd : -100;
      break;
    }
    case ArgKind::Flags:
    case ArgKind::Choice: {
      const auto bits = read_flags(*spec.symbols, text);
      if (!bits && spec.kind == ArgKind::Choice && (spec.name == "op" || spec.name == "opcode"))
        return Read::Needed;
      if (bits) value = int64_t(*bits);
      break;
    }
    case ArgKind::Path: {
      const auto path = read_quoted(text);
      if (!path) return body.unreadable |= uint8_t(1u << index), Read::No;
      body.text = path->bytes;
      body.text_cut = path->cut;
      value = 0;
      break;
    }
    case ArgKind::Address: {
      auto address = address_of(text);
      if (!address) return body.unreadable |= uint8_t(1u << index), Read::No;
      body.text = std::move(*address);
      value = 0;
      break;
    }
    case ArgKind::FdPair:
      if (read_pair(text, body, described)) value = 0;
      break;
    case ArgKind::PollFds:
      if (read_poll_fds(text, body)) value = 0;
      break;
    case ArgKind::FdSet: {
      if (text == "NULL") return Read::No;
      const int first = arg_index(*body.spec, "readfds");
      body.fd_sets[size_t(int(index) - first)] = read_set(text);
      value = 0;
      break;
    }
    default:
      value = spec.name == "protocol" ? read_protocol(text) : read_number(text);
  }
  if (!value) return Read::No;
  body.set(int(index), *value);
  return Read::Yes;
}

void set(CallBody& body, std::string_view name, std::optional<int64_t> value) {
  const int index = arg_index(*body.spec, name);
  if (index >= 0 && value) body.set(index, *value);
}

std::optional<int64_t> flags_in(std::optional<std::string_view> text, const trace_model::SymbolTable& table) {
  const auto bits = text ? read_flags(table, *text) : std::nullopt;
  return bits ? std::optional(int64_t(*bits)) : std::nullopt;
}

std::optional<int64_t> number_in(std::optional<std::string_view> text) {
  return text ? read_number(*text) : std::nullopt;
}

// {events=EPOLLIN, data={u32=6, u64=6}}
bool read_epoll_event(std::string_view text, uint32_t& events, uint64_t& data) {
  const auto names = member(text, "events", 0), union_text = member(text, "data", 1);
  const auto bits = names ? read_flags(symbols::kEpollEvents, *names) : std::nullopt;
  if (!bits || !union_text) return false;
  const auto wide = member(*union_text, "u64", 1);
  const auto value = read_number(wide ? *wide : *union_text);
  if (!value) return false;
  events = uint32_t(*bits);
  data = uint64_t(*value);
  return true;
}

void read_control_event(const CallText& text, CallBody& body) {
  if (body.arg("op") == kControlDelete || text.args.size() < 4) return;
  uint32_t events = 0;
  uint64_t data = 0;
  const int at = arg_index(*body.spec, "events");
  if (read_epoll_event(text.args[3], events, data)) {
    body.set(at, events);
    body.set(at + 1, int64_t(data));
  } else {
    body.unreadable |= uint8_t(3u << at);
  }
}

void read_clone_flags(const CallText& text, CallBody& body) {
  for (const std::string_view part : text.args) {
    if (part.starts_with("flags=")) set(body, "flags", flags_in(part.substr(6), symbols::kCloneFlags));
    if (!part.starts_with('{')) continue;
    const std::string_view given = part.substr(0, end_of_piece(part, 0));
    auto flags = flags_in(member(given, "flags", SIZE_MAX), symbols::kCloneFlags);
    const auto signal = flags_in(member(given, "exit_signal", SIZE_MAX), symbols::kSignal);
    if (flags && signal) flags = *flags | *signal;
    set(body, "flags", flags);
    return;
  }
}

void read_fcntl_value(const CallText& text, CallBody& body) {
  if (text.args.size() < 3) return;
  if (body.arg("op") == kSetFd) set(body, "arg", text.args[2].starts_with("FD_CLOEXEC") ? 1 : 0);
  if (body.arg("op") == kSetFlags) set(body, "arg", flags_in(text.args[2], symbols::kOpenFlags));
}

// What stands behind pointers: nothing of it is at a place of its own among the system call's arguments.
void read_pointed_at(const CallText& text, CallBody& body) {
  const std::string_view name = body.spec->name;
  const auto at = [&](size_t i) { return i < text.args.size() ? std::optional(text.args[i]) : std::nullopt; };
  const auto in = [&](size_t i, std::string_view what) {
    const auto whole = at(i);
    return whole ? member(*whole, what, SIZE_MAX) : std::nullopt;
  };
  const auto time = [&](size_t i) {
    const auto given = at(i);
    return given ? read_time_ns(*given) : std::nullopt;
  };
  if (name == "epoll_ctl") read_control_event(text, body);
  if (name == "epoll_pwait2") set(body, "timeout_ns", time(3));
  if (name == "ppoll") set(body, "timeout_ns", time(2));
  if (name == "select" || name == "pselect6") set(body, "timeout_ns", time(4));
  if (name == "clone" || name == "clone3") read_clone_flags(text, body);
  if (name == "fcntl") read_fcntl_value(text, body);
  if (name == "ioctl" && body.arg("op") == kNonblockRequest)
    set(body, "arg", number_in(within(at(2).value_or(""), '[', ']')));
  if (name == "openat2") {
    set(body, "flags", flags_in(in(2, "flags"), symbols::kOpenFlags));
    set(body, "mode", number_in(in(2, "mode")));
    set(body, "resolve", flags_in(in(2, "resolve"), symbols::kOpenResolve));
  }
  if (name == "io_uring_setup") {
    set(body, "flags", flags_in(in(1, "flags"), symbols::kUringSetupFlags));
    set(body, "sq_entries", number_in(in(1, "sq_entries")));
    set(body, "cq_entries", number_in(in(1, "cq_entries")));
  }
  if (name == "timerfd_settime")
    if (const auto value = in(2, "it_value")) set(body, "value_ns", read_time_ns(*value));
}

void read_epoll_ready(const CallText& text, trace_model::Call& call) {
  if (text.args.size() < 2) return;
  const auto parts = split_arguments(within(text.args[1], '[', ']'));
  if (!parts) return;
  for (const std::string_view part : *parts) {
    trace_model::ReadyEntry entry;
    if (call.ready.size() < trace_model::kMaxReady && read_epoll_event(part, entry.events, entry.data))
      call.ready.push_back(std::move(entry));
  }
}

// "[{fd=5, revents=POLLIN}], left {…}"
void read_poll_ready(std::string_view remark, trace_model::Call& call) {
  const auto groups = split_arguments(remark);
  const auto parts =
      groups && !groups->empty() ? split_arguments(within(groups->front(), '[', ']')) : std::nullopt;
  if (!parts) return;
  for (const std::string_view part : *parts) {
    const auto fd = member(part, "fd", 0), events = member(part, "revents", 1);
    const auto number = fd ? read_fd(*fd) : std::nullopt;
    if (!number || !events || call.ready.size() == trace_model::kMaxReady) continue;
    trace_model::ReadyEntry& entry = call.ready.emplace_back();
    entry.fd = number->fd;
    entry.events = uint32_t(read_flags(symbols::kPollEvents, *events).value_or(0));
  }
}

// "in [3], out [4 5], left {…}"
void read_select_ready(std::string_view remark, trace_model::Call& call) {
  constexpr std::pair<std::string_view, uint32_t> kSets[]{
      {"in ", 1}, {"out ", 4}, {"exc ", 2}, {"except ", 2}};
  const auto groups = split_arguments(remark);
  if (!groups) return;
  for (const std::string_view group : *groups)
    for (const auto& [word, bits] : kSets) {
      if (!group.starts_with(word)) continue;
      for (const int fd : read_set(group.substr(word.size()))) {
        const auto same = std::ranges::find(call.ready, fd, &trace_model::ReadyEntry::fd);
        if (same != call.ready.end()) {
          same->events |= bits;
        } else if (call.ready.size() < trace_model::kMaxReady) {
          trace_model::ReadyEntry& entry = call.ready.emplace_back();
          entry.fd = fd;
          entry.events = bits;
        }
      }
    }
}

}  // namespace

bool read_arguments(const CallText& text, CallBody& body, Descriptions& described) {
  if (body.spec->name == "restart_syscall") {
    constexpr std::string_view kBefore = "<... resuming interrupted ";
    if (!text.args.empty() && text.args[0].starts_with(kBefore)) {
      const std::string_view rest = text.args[0].substr(kBefore.size());
      body.continues = rest.substr(0, rest.find(' '));
    }
    return true;
  }
  for (size_t i = 0; i < body.spec->args.size(); ++i) {
    const ArgSpec& spec = body.spec->args[i];
    if (spec.position < 0) continue;
    const bool there = size_t(spec.position) < text.args.size();
    const Read read = there ? read_one(spec, i, text.args[size_t(spec.position)], body, described)
                      : spec.kind == ArgKind::Fd ? Read::Needed
                                                 : Read::No;
    if (read == Read::Needed) return false;
  }
  read_pointed_at(text, body);
  return true;
}

void read_results(const CallText& text, trace_model::Call& call) {
  const trace_model::WaitKind kind = call.spec->wait;
  if (call.error == 0 && call.ret > 0) {
    if (kind == trace_model::WaitKind::Epoll) read_epoll_ready(text, call);
    if (kind == trace_model::WaitKind::Poll) read_poll_ready(text.remark, call);
    if (kind == trace_model::WaitKind::Select) read_select_ready(text.remark, call);
    const bool waits = kind == trace_model::WaitKind::Epoll || kind == trace_model::WaitKind::Poll;
    if (waits && call.ready.size() < uint64_t(call.ret))
      call.ready_total = uint32_t(std::min<int64_t>(call.ret, UINT32_MAX));
  }
  if (kind == trace_model::WaitKind::Accept && call.error == 0 && call.ret >= 0 && text.args.size() > 1)
    if (auto peer = address_of(text.args[1])) {
      call.socket.emplace();
      call.socket->peer = std::move(*peer);
    }
}

}  // namespace loopscope::exchange::strace
