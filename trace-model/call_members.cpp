// SPDX-License-Identifier: Apache-2.0
#include "trace-model/call_members.h"

#include <algorithm>
#include <climits>

#include "trace-model/json_members.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAtFdCwd = -100;

void write_poll_fds(JsonLine& line, const std::vector<PollFd>& fds) {
  line.raw('[');
  for (size_t i = 0; i < std::min(fds.size(), kMaxReady); ++i) {
    write_number(line, i ? ",{\"fd\":" : "{\"fd\":", fds[i].fd);
    if (fds[i].events) {
      line.raw(",\"events\":");
      write_names(line, symbols::kPollEvents, fds[i].events);
    }
    line.raw('}');
  }
  line.raw(']');
}

void write_text_argument(JsonLine& line, Members& args, const ArgSpec& arg, const CallBody& call) {
  args.key(arg.name);
  if (!line.string(call.text)) {
    args.key(arg.name, "_hex");
    line.hex_string(call.text);
  }
  if (call.text_cut) {
    args.key(arg.name, "_cut");
    line.raw("true");
  }
}

// Kinds whose value is one number in CallBody::args.
void write_number_argument(JsonLine& line, Members& args, const ArgSpec& arg, int64_t value) {
  if (arg.kind == ArgKind::Flags && !has_names(*arg.symbols, uint64_t(value))) return;
  args.key(arg.name);
  switch (arg.kind) {
    case ArgKind::Uint:
      return line.number(uint64_t(value));
    case ArgKind::Octal:
      return line.octal(uint64_t(value));
    case ArgKind::Flags:
      return write_names(line, *arg.symbols, uint64_t(value));
    case ArgKind::Choice:
      return write_choice(line, *arg.symbols, uint64_t(value));
    case ArgKind::Opaque:
      return line.hex(uint64_t(value));
    case ArgKind::DirFd:
      return value == kAtFdCwd ? line.raw("\"AT_FDCWD\"") : line.number(value);
    default:
      return line.number(value);
  }
}

// A list of identities beside a list of descriptors; null where one is not known.
template <typename Range, typename FileOf>
void write_file_list(JsonLine& line, Members& files, std::string_view name, const Range& range,
                     FileOf file_of) {
  const auto shown = std::span(range).first(std::min(std::size(range), kMaxReady));
  if (std::ranges::none_of(shown, [&](const auto& e) { return file_of(e) != 0; })) return;
  files.key(name);
  char separator = '[';
  for (const auto& element : shown) {
    line.raw(separator);
    if (const FileId file = file_of(element))
      line.number(file);
    else
      line.raw("null");
    separator = ',';
  }
  line.raw(']');
}

void write_ready_entry(JsonLine& line, const ReadyEntry& entry, ReadyOf what) {
  Members members(line, "{");
  if (entry.events) {
    members.key("events");
    write_names(line, what == ReadyOf::Epoll ? symbols::kEpollEvents : symbols::kPollEvents, entry.events);
  }
  if (what == ReadyOf::Epoll) {
    members.key("data");
    line.hex(entry.data);
  }
  if (!entry.candidates.empty()) {
    members.key("fds");
    write_numbers(line, entry.candidates);
    members.key("ambiguous");
    line.raw("true");
  } else if (entry.fd >= 0) {
    members.key("fd");
    line.number(entry.fd);
  }
  if (entry.file) {
    members.key("file");
    line.number(entry.file);
  }
  if (!members.any()) line.raw('{');
  line.raw('}');
}

}  // namespace

void write_args(JsonLine& line, const CallBody& call, int left_out) {
  Members args(line, ",\"args\":{");
  size_t fd_set = 0;
  for (size_t i = 0; i < call.spec->args.size(); ++i) {
    const ArgSpec& arg = call.spec->args[i];
    const size_t set = arg.kind == ArgKind::FdSet ? fd_set++ : 0;
    if (!call.has(int(i)) || int(i) == left_out) continue;
    switch (arg.kind) {
      case ArgKind::Path:
      case ArgKind::Address:
        write_text_argument(line, args, arg, call);
        break;
      case ArgKind::FdPair:
        args.key(arg.name);
        write_numbers(line, call.pair);
        break;
      case ArgKind::PollFds:
        if (call.poll_fds.empty()) break;
        args.key(arg.name);
        write_poll_fds(line, call.poll_fds);
        break;
      case ArgKind::FdSet:  // an empty set is not a null pointer
        args.key(arg.name);
        write_numbers(line, call.fd_sets[set]);
        break;
      default:
        write_number_argument(line, args, arg, call.args[i]);
    }
  }
  args.close();
}

void write_files(JsonLine& line, const CallBody& call, FileId ret_file, int left_out) {
  Members files(line, ",\"files\":{");
  for (size_t i = 0; call.spec && i < call.spec->args.size(); ++i) {
    const ArgSpec& arg = call.spec->args[i];
    if (arg.kind == ArgKind::FdPair)
      write_file_list(line, files, arg.name, call.pair_files, [](FileId file) { return file; });
    else if (arg.kind == ArgKind::PollFds)
      write_file_list(line, files, arg.name, call.poll_fds, [](const PollFd& p) { return p.file; });
    else if (call.files[i] && int(i) != left_out) {
      files.key(arg.name);
      line.number(call.files[i]);
    }
  }
  if (ret_file) {
    files.key("ret");
    line.number(ret_file);
  }
  files.close();
}

void write_unreadable(JsonLine& line, const CallBody& call) {
  if (!call.unreadable || !call.spec) return;
  line.raw(",\"unreadable\":");
  char separator = '[';
  for (size_t i = 0; i < call.spec->args.size(); ++i)
    if (call.unreadable >> i & 1) {
      line.raw(separator);
      line.raw('"');
      line.raw(call.spec->args[i].name);
      line.raw('"');
      separator = ',';
    }
  line.raw(separator == '[' ? std::string_view("[]") : std::string_view("]"));
}

void write_error(JsonLine& line, uint64_t error) {
  line.raw(",\"error\":\"");
  if (const std::string_view name = error <= INT_MAX ? error_name(int(error)) : std::string_view();
      !name.empty())
    line.raw(name);
  else
    line.number(error);
  line.raw('"');
}

void write_socket(JsonLine& line, const SocketInfo& socket) {
  write_text_unless_empty(line, "kind", socket.kind);
  write_text_unless_empty(line, "local", socket.local);
  write_text_unless_empty(line, "peer", socket.peer);
  write_unless_zero(line, ",\"inode\":", socket.inode);
  if (socket.backlog) write_number(line, ",\"backlog\":", *socket.backlog);
  if (socket.queue) write_number(line, ",\"queue\":", *socket.queue);
  if (socket.drops) write_number(line, ",\"drops\":", *socket.drops);
}

void write_ready(JsonLine& line, std::span<const ReadyEntry> ready, size_t total, ReadyOf what) {
  if (!ready.empty()) {
    line.raw(",\"ready\":[");
    for (size_t i = 0; i < std::min(ready.size(), kMaxReady); ++i) {
      if (i) line.raw(',');
      write_ready_entry(line, ready[i], what);
    }
    line.raw(']');
  }
  if (total || ready.size() > kMaxReady)
    write_number(line, ",\"ready_total\":", std::max(total, ready.size()));
}

}  // namespace loopscope::trace_model
