// SPDX-License-Identifier: Apache-2.0
// In the order of the system call's own arguments. What the trace has from memory behind a pointer without a
// place of its own (ArgSpec::position -1) follows in braces with its names; epoll_ctl's event looks as strace
// writes it.
#include "trace-model/show_line_args.h"

#include <algorithm>

#include "trace-model/show_line_files.h"
#include "trace-model/show_line_text.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAtFdCwd = -100;
constexpr int64_t kFSetFd = 2, kFSetFl = 4;  // fcntl(2)

class ArgumentWriter {
 public:
  ArgumentWriter(std::string& out, const CallBody& body, const Call* call, const Model::State& state)
      : out_(out), body_(body), call_(call), state_(state) {}

  void write();
  void write_operation(int slot);

 private:
  void write_placed();
  void write_in_memory();
  void write_gap(int from, int to);
  void separate() {
    if (!first_) out_ += ", ";
    first_ = false;
  }

  [[nodiscard]] bool worth_writing(int index) const;
  void write_value(int index, int fd_set);
  void write_absent(int index);
  void write_text(int index);
  void write_ready();
  void write_fd_pair();
  void write_poll_fds();
  void write_fd_set(const std::vector<int>& fds);
  void write_fcntl_argument(int64_t value);
  void write_descriptor(FileId file, int64_t fd) { append_descriptor(out_, state_, file, body_.pid, fd); }

  std::string& out_;
  const CallBody& body_;
  const Call* call_;
  const Model::State& state_;
  int slot_ = -1;
  bool first_ = true, brief_ = false;
};

void ArgumentWriter::write() {
  if (!body_.spec) {
    out_ += "...";
    return;
  }
  write_placed();
  write_in_memory();
}

void ArgumentWriter::write_operation(int slot) {
  slot_ = slot;
  brief_ = true;
  write();
}

// Whether anything is to be said of it: it has a value, or its absence says something.
bool ArgumentWriter::worth_writing(int index) const {
  if (brief_) {
    const bool none =
        body_.spec->args[size_t(index)].kind == ArgKind::Flags && body_.args[size_t(index)] == 0;
    return (body_.has(index) && !none) || (body_.unreadable >> index & 1);
  }
  if (body_.has(index) || (body_.unreadable >> index & 1)) return true;
  const ArgKind kind = body_.spec->args[size_t(index)].kind;
  return kind == ArgKind::Flags || kind == ArgKind::FdSet || kind == ArgKind::PollFds;  // 0, NULL, []
}

void ArgumentWriter::write_placed() {
  const auto args = body_.spec->args;
  int last = -1;
  for (int i = 0; i < int(args.size()); ++i)
    if (args[size_t(i)].position >= 0 && worth_writing(i)) last = i;
  int next_position = 0, fd_set = 0;
  for (int i = 0; i <= last; ++i) {
    const ArgSpec& arg = args[size_t(i)];
    if (arg.position < 0 || (brief_ && !worth_writing(i))) continue;
    if (!brief_) write_gap(next_position, arg.position);
    separate();
    if (body_.has(i))
      write_value(i, fd_set);
    else
      write_absent(i);
    fd_set += arg.kind == ArgKind::FdSet;
    next_position = arg.position + 1;
  }
  if (body_.spec->wait == WaitKind::Accept && next_position == 1 && !brief_)
    write_gap(1, 2);  // accept(2)'s last are pointers
}

// Arguments the trace has no value of: pointers. What came back through one stands in its place.
void ArgumentWriter::write_gap(int from, int to) {
  if (from >= to) return;
  const WaitKind wait = body_.spec->wait;
  if (wait == WaitKind::Epoll && from == 1) {
    separate();
    return write_ready();
  }
  if (wait == WaitKind::Accept && call_ && call_->socket && !call_->socket->peer.empty()) {
    separate();
    return append_safe(out_, call_->socket->peer);
  }
  separate();
  out_ += "...";
}

void ArgumentWriter::write_in_memory() {
  const auto args = body_.spec->args;
  bool braces = false;
  for (int i = 0; i < int(args.size()); ++i) {
    const ArgSpec& arg = args[size_t(i)];
    if (arg.position >= 0) continue;
    const bool known = body_.has(i) || (body_.unreadable >> i & 1);
    if (arg.kind == ArgKind::Ns || body_.spec->name == "ioctl") {  // an argument of its own, by pointer
      if (!known) continue;
      separate();
      if (body_.has(i))
        write_value(i, 0);
      else
        write_absent(i);
      continue;
    }
    const bool zero_flags = arg.kind == ArgKind::Flags && i + 1 < int(args.size()) && body_.has(i + 1);
    if (!known && !zero_flags) continue;
    if (braces)
      out_ += ", ";
    else
      separate(), out_ += '{', braces = true;
    if (arg.name != "events") out_.append(arg.name).append("=");
    if (body_.has(i))
      write_value(i, 0);
    else
      write_absent(i);
  }
  if (braces) out_ += '}';
}

void ArgumentWriter::write_absent(int index) {
  if (body_.unreadable >> index & 1) {
    out_ += "<unreadable>";
    return;
  }
  switch (body_.spec->args[size_t(index)].kind) {
    case ArgKind::Flags:
      out_ += '0';
      return;
    case ArgKind::PollFds:
      out_ += "[]";
      return;
    case ArgKind::FdSet:
      out_ += "NULL";
      return;
    default:
      out_ += '?';
  }
}

void ArgumentWriter::write_value(int index, int fd_set) {
  const ArgSpec& arg = body_.spec->args[size_t(index)];
  const int64_t value = body_.args[size_t(index)];
  switch (arg.kind) {
    case ArgKind::Int:
      if (body_.spec->name == "fcntl") return write_fcntl_argument(value);
      if (body_.spec->name == "ioctl") {
        out_ += '[';
        append_number(out_, value);
        out_ += ']';
        return;
      }
      return append_number(out_, value);
    case ArgKind::Uint:
      return append_number(out_, uint64_t(value));
    case ArgKind::Octal:
      return append_octal(out_, uint64_t(value));
    case ArgKind::DirFd:
      if (value == kAtFdCwd) {
        out_ += "AT_FDCWD";
        return;
      }
      [[fallthrough]];
    case ArgKind::Fd:
      if (index == slot_) return append_slot(out_, state_, body_.files[size_t(index)], value);
      return write_descriptor(body_.files[size_t(index)], value);
    case ArgKind::Flags:
    case ArgKind::Choice:
      return append_symbols(out_, *arg.symbols, uint64_t(value));
    case ArgKind::Opaque:
      return append_hex(out_, uint64_t(value));
    case ArgKind::Ns:
      if (value < 0)
        out_ += "NULL";
      else
        append_duration(out_, value);
      return;
    case ArgKind::Path:
    case ArgKind::Address:
      return write_text(index);
    case ArgKind::FdPair:
      return write_fd_pair();
    case ArgKind::PollFds:
      return write_poll_fds();
    case ArgKind::FdSet:
      return write_fd_set(body_.fd_sets[size_t(fd_set)]);
  }
}

void ArgumentWriter::write_text(int index) {
  if (body_.spec->args[size_t(index)].kind == ArgKind::Address) return append_safe(out_, body_.text);
  append_quoted(out_, body_.text);
  if (body_.text_cut) out_ += "...";
}

void ArgumentWriter::write_ready() {
  if (!call_) {
    out_ += "...";
    return;
  }
  out_ += '[';
  for (const ReadyEntry& entry : call_->ready) {
    if (&entry != call_->ready.data()) out_ += ", ";
    append_ready(out_, state_, body_.pid, entry);
  }
  if (call_->ready_total > call_->ready.size()) {
    out_ += ", ... ";
    append_number(out_, call_->ready_total - call_->ready.size());
    out_ += " more";
  }
  out_ += ']';
}

// pipe(2) and socketpair(2) made these: what they are is not known before.
void ArgumentWriter::write_fd_pair() {
  out_ += '[';
  append_number(out_, body_.pair[0]);
  out_ += ", ";
  append_number(out_, body_.pair[1]);
  out_ += ']';
}

void ArgumentWriter::write_poll_fds() {
  out_ += '[';
  for (const PollFd& poll : body_.poll_fds) {
    if (&poll != body_.poll_fds.data()) out_ += ", ";
    out_ += "{fd=";
    write_descriptor(poll.file, poll.fd);
    out_ += ", events=";
    append_symbols(out_, symbols::kPollEvents, poll.events);
    out_ += '}';
  }
  const auto nfds = uint64_t(body_.arg("nfds").value_or(0));
  if (nfds > body_.poll_fds.size() && !body_.poll_fds.empty()) out_ += ", ...";
  out_ += ']';
}

void ArgumentWriter::write_fd_set(const std::vector<int>& fds) {
  out_ += '[';
  for (const int& fd : fds) {
    if (&fd != fds.data()) out_ += ' ';
    write_descriptor(0, fd);
  }
  out_ += ']';
}

void ArgumentWriter::write_fcntl_argument(int64_t value) {
  const int64_t operation = body_.arg("op").value_or(-1);
  if (operation == kFSetFl)
    append_symbols(out_, symbols::kOpenFlags, uint64_t(value));
  else if (operation == kFSetFd && value == 1)
    out_ += "FD_CLOEXEC";
  else
    append_number(out_, value);
}

}  // namespace

void append_arguments(std::string& out, const CallBody& body, const Call* call, const Model::State& state) {
  ArgumentWriter(out, body, call, state).write();
}

void append_operation_arguments(std::string& out, const CallBody& body, int slot, const Model::State& state) {
  ArgumentWriter(out, body, nullptr, state).write_operation(slot);
}

}  // namespace loopscope::trace_model
