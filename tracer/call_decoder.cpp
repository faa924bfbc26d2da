// SPDX-License-Identifier: Apache-2.0
#include "tracer/call_decoder.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "trace-model/address.h"
#include "trace-model/call_plans.h"
#include "tracer/call_numbers.h"
#include "tracer/wire_sockets.h"

namespace loopscope::tracer {

using trace_model::ArgKind;
using trace_model::ArgSpec;
using trace_model::Call;
using trace_model::CallBody;
using trace_model::CallFamily;

namespace {

constexpr int kRestartBlock = 516;  // ERESTART_RESTARTBLOCK, include/linux/errno.h
constexpr int kMaxError = 4095;

// The C type of an argument is 32 bits wide but for sizes; what stands above is not part of it.
int64_t number(const ArgSpec& arg, uint64_t raw) {
  switch (arg.kind) {
    case ArgKind::Int:
    case ArgKind::Fd:
    case ArgKind::DirFd:
      return int32_t(raw);
    case ArgKind::Uint:
      return arg.name == "count" || arg.name == "len" ? int64_t(raw) : uint32_t(raw);
    case ArgKind::Octal:
      return int64_t(raw & 07777777);
    case ArgKind::Flags:
    case ArgKind::Choice:
      return uint32_t(raw);
    default:
      return int64_t(raw);
  }
}

void set_named(CallBody& body, std::string_view name, int64_t value) {
  const int index = trace_model::arg_index(*body.spec, name);
  if (index >= 0) body.set(index, value);
}

// ioctl(2): FIOCLEX and FIONCLEX take no argument, whatever the register held.
void drop_unused_argument(CallBody& body) {
  if (body.spec->name != "ioctl" || body.arg("op") == FIONBIO) return;
  const auto bit = uint8_t(1u << trace_model::arg_index(*body.spec, "arg"));
  body.present &= uint8_t(~bit);
  body.unreadable &= uint8_t(~bit);
}

template <typename T>
T read_at(std::span<const std::byte> bytes, size_t at) {
  T value{};
  if (at + sizeof(T) <= bytes.size()) memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

void set_ready(std::span<const std::byte> payload, Call& call) {
  const size_t count = std::min(payload.size() / sizeof(epoll_event), trace_model::kMaxReady);
  for (size_t i = 0; i < count; ++i) {
    const auto event = read_at<epoll_event>(payload, i * sizeof(epoll_event));
    auto& entry = call.ready.emplace_back();
    entry.events = event.events;
    entry.data = event.data.u64;
  }
  if (call.ret > int64_t(call.ready.size())) call.ready_total = uint32_t(call.ret);
}

void set_poll(std::span<const std::byte> payload, Call& call) {
  const size_t count = payload.size() / sizeof(pollfd);
  for (size_t i = 0; i < count; ++i) {
    const auto entry = read_at<pollfd>(payload, i * sizeof(pollfd));
    if (call.poll_fds.size() < trace_model::kMaxReady)
      call.poll_fds.push_back({entry.fd, uint16_t(entry.events), 0});
    if (call.error == 0 && entry.revents && call.ready.size() < trace_model::kMaxReady) {
      auto& ready = call.ready.emplace_back();
      ready.events = uint16_t(entry.revents);
      ready.fd = entry.fd;
    }
  }
  call.set(trace_model::arg_index(*call.spec, "fds"), 0);
  if (call.ret > int64_t(call.ready.size())) call.ready_total = uint32_t(call.ret);
}

void set_pair(const wire_call& record, FileIds& files, Call& call) {
  if (!(record.header.flags & WIRE_F_EXTRA)) return;
  call.pair = {int32_t(record.extra[0]), int32_t(record.extra[0] >> 32)};
  for (int i = 0; i < 2; ++i)
    call.pair_files[i] = files.of_new(record.file[i], record.start_ns, record.end_ns);
  for (size_t i = 0; i < call.spec->args.size(); ++i)
    if (call.spec->args[i].kind == ArgKind::FdPair) call.set(int(i), 0);
}

void set_rights(std::span<const std::byte> payload, uint64_t now_ns, FileIds& files, Call& call) {
  if (payload.size() < sizeof(wire_rights)) return;
  const auto rights = read_at<wire_rights>(payload, 0);
  for (uint32_t i = 0; i < std::min<uint32_t>(rights.count, WIRE_MAX_RIGHTS); ++i)
    call.rights.push_back({rights.fds[i], files.of(rights.file[i], now_ns)});
  if (rights.count > WIRE_MAX_RIGHTS) call.rights_total = rights.count;
}

void set_extra(const wire_call& record, Call& call) {
  if (!(record.header.flags & WIRE_F_EXTRA)) return;
  const std::string_view name = call.spec->name;
  if (name == "epoll_ctl") {
    set_named(call, "events", uint32_t(record.extra[0]));
    set_named(call, "data", int64_t(record.extra[1]));
  } else if (name == "openat2") {
    set_named(call, "flags", int64_t(record.extra[0]));
    set_named(call, "mode", int64_t(record.extra[1]));
    if (record.timeout_ns) set_named(call, "resolve", record.timeout_ns);
  } else if (name == "clone3") {
    set_named(call, "flags", int64_t(record.extra[0]));
  } else if (name == "timerfd_settime") {
    set_named(call, "value_ns", int64_t(record.extra[0]));
  } else if (name == "ioctl" && call.arg("op") == FIONBIO) {
    set_named(call, "arg", int32_t(record.extra[0]));
  }
}

void set_socket(const wire_call& record, std::span<const std::byte> payload, Call& call) {
  if (!(record.header.flags & WIRE_F_SOCKET) || payload.size() < sizeof(wire_socket)) return;
  call.socket = socket_info(read_at<wire_socket>(payload, 0));
  call.socket->state.clear();
  if (call.spec->family == CallFamily::Accept && (record.header.flags & WIRE_F_EXTRA)) {
    call.socket->queue = int64_t(record.extra[0]);
    call.socket->backlog = uint32_t(record.extra[1]);
    if (const uint64_t drops = record.extra[1] >> 32) call.socket->drops = int64_t(drops);
  }
}

void set_uring(std::span<const std::byte> payload, Call& call) {
  if (payload.size() < WIRE_URING_PARAMS) return;
  set_named(call, "sq_entries", read_at<uint32_t>(payload, 0));
  set_named(call, "cq_entries", read_at<uint32_t>(payload, 4));
  set_named(call, "flags", read_at<uint32_t>(payload, 8));
}

}  // namespace

void mark_unreadable(CallBody& body) {
  for (size_t i = 0; i < body.spec->args.size(); ++i) {
    const ArgSpec& arg = body.spec->args[i];
    const bool behind_pointer = arg.position < 0 || arg.kind == ArgKind::Path ||
                                arg.kind == ArgKind::Address || arg.kind == ArgKind::PollFds ||
                                arg.kind == ArgKind::FdPair;
    if (behind_pointer && !body.has(int(i))) body.unreadable |= uint8_t(1u << i);
  }
}

void drop_unused_mode(CallBody& body) {
  if (body.spec->family != CallFamily::Open) return;
  const auto flags = body.arg("flags");
  const int mode = trace_model::arg_index(*body.spec, "mode");
  if (!flags || mode < 0) return;
  const bool creates = (*flags & O_CREAT) || (*flags & O_TMPFILE) == O_TMPFILE;
  if (!creates) body.present &= uint8_t(~(1u << mode));
}

void set_arguments(const std::array<uint64_t, 6>& raw, const std::array<trace_model::FileId, 2>& files,
                   CallBody& body) {
  int fd_args = 0;
  for (size_t i = 0; i < body.spec->args.size(); ++i) {
    const ArgSpec& arg = body.spec->args[i];
    switch (arg.kind) {
      case ArgKind::Path:
      case ArgKind::Address:
      case ArgKind::FdPair:
      case ArgKind::PollFds:
      case ArgKind::FdSet:
        continue;
      case ArgKind::Fd:
      case ArgKind::DirFd:
        if (fd_args < 2) body.files[i] = files[fd_args++];
        break;
      default:
        break;
    }
    if (arg.position >= 0) body.set(int(i), number(arg, raw[arg.position]));
  }
}

void CallDecoder::set_text(const wire_call& record, std::span<const std::byte> payload, Call& call) {
  for (size_t i = 0; i < call.spec->args.size(); ++i) {
    const ArgKind kind = call.spec->args[i].kind;
    if (kind == ArgKind::Path && !(record.header.flags & WIRE_F_UNREADABLE)) {
      // With its NUL; of an empty string some kernels (6.1) report no byte at all.
      call.text.assign(reinterpret_cast<const char*>(payload.data()),
                       payload.empty() ? 0 : payload.size() - 1);
      call.text_cut = record.header.flags & WIRE_F_CUT;
      call.set(int(i), 0);
    } else if (kind == ArgKind::Address) {
      const size_t at = sizeof(wire_socket);
      if (payload.size() < at || (record.header.flags & WIRE_F_UNREADABLE)) return;
      call.text = trace_model::address_text(payload.subspan(at));
      call.set(int(i), 0);
    }
  }
}

void CallDecoder::set_select(const wire_call& record, Call& call) {
  const auto given = selects_.find(record.tid);
  if (given == selects_.end()) return;
  if (given->second.start_ns == record.start_ns) {
    const int first = trace_model::arg_index(*call.spec, "readfds");
    for (int set = 0; set < 3; ++set) {
      if (!(given->second.sets.present >> set & 1)) continue;
      call.set(first + set, 0);
      const int limit = std::min<int>(int(call.args[0]), WIRE_SET_BYTES * 8);
      for (int fd = 0; fd < limit; ++fd)
        if (given->second.sets.sets[set][fd / 8] >> (fd % 8) & 1) call.fd_sets[set].push_back(fd);
    }
  }
  selects_.erase(given);
}

namespace {

// What a select left in its sets. poll(2) says which events each set stands for.
void set_selected(std::span<const std::byte> payload, Call& call) {
  static constexpr uint32_t kEvents[3]{POLLIN, POLLOUT, POLLPRI};
  if (call.ret <= 0 || payload.size() < 3 * WIRE_SET_BYTES) return;
  const int limit = std::min<int>(int(call.args[0]), WIRE_SET_BYTES * 8);
  for (int fd = 0; fd < limit && call.ready.size() < trace_model::kMaxReady; ++fd) {
    uint32_t events = 0;
    for (int set = 0; set < 3; ++set)
      if (std::to_integer<unsigned>(payload[size_t(set) * WIRE_SET_BYTES + size_t(fd) / 8]) >> (fd % 8) & 1)
        events |= kEvents[set];
    if (!events) continue;
    auto& ready = call.ready.emplace_back();
    ready.events = events;
    ready.fd = fd;
  }
}

}  // namespace

void CallDecoder::set_result_file(const wire_call& record, Call& call) {
  if (call.error || !record.ret_file) return;
  if (call.spec->name == "fcntl") {
    const auto op = call.arg("op");
    if (op != F_DUPFD && op != F_DUPFD_CLOEXEC) return;
  } else if (!call.spec->returns_fd) {
    return;
  }
  if (call.spec->name == "io_uring_setup") {
    if (record.header.flags & WIRE_F_EXTRA)
      call.ret_file = files_.of_same(record.ret_file, record.extra[0], record.end_ns);
    return;
  }
  call.ret_file = makes_file(call) ? files_.of_new(record.ret_file, record.start_ns, record.end_ns)
                                   : files_.of(record.ret_file, record.end_ns);
}

void CallDecoder::set_restart(const wire_call& record, Call& call) {
  if (call.spec->name == "restart_syscall") {
    const auto from = interrupted_.find(record.tid);
    if (from != interrupted_.end()) call.continues = from->second->name;
    if (call.error != kRestartBlock && from != interrupted_.end()) interrupted_.erase(from);
  } else if (call.error == kRestartBlock) {
    interrupted_[record.tid] = call.spec;
  }
}

bool CallDecoder::decode(const wire_call& record, std::span<const std::byte> payload, Call& call) {
  call.clear();
  call.spec = call_by_number(record.nr);
  if (!call.spec) return false;
  call.pid = trace_model::Pid(record.pid);
  call.tid = trace_model::Pid(record.tid);
  call.start_known = !(record.header.flags & WIRE_F_START_UNKNOWN);
  call.killed = record.header.flags & WIRE_F_KILLED;
  call.t = trace_model::Ns(record.start_ns - start_ns_);
  call.dur = trace_model::Ns(record.end_ns - record.start_ns);
  const bool failed = record.ret < 0 && record.ret >= -kMaxError;
  call.ret = failed ? -1 : record.ret;
  call.error = failed ? int(-record.ret) : 0;
  payload = payload.first(std::min<size_t>(payload.size(), record.payload_size));

  std::array<uint64_t, 6> raw{};
  std::copy(std::begin(record.args), std::end(record.args), raw.begin());
  const bool pair =
      call.spec->name == "pipe" || call.spec->name == "pipe2" || call.spec->name == "socketpair";
  const std::array<trace_model::FileId, 2> files{pair ? 0 : files_.of(record.file[0], record.end_ns),
                                                 pair ? 0 : files_.of(record.file[1], record.end_ns)};
  set_arguments(raw, files, call);
  const int timeout = trace_model::arg_index(*call.spec, "timeout_ns");
  if (timeout >= 0 && record.timeout_ns != -2) call.set(timeout, record.timeout_ns);
  set_extra(record, call);
  if (pair) set_pair(record, files_, call);
  drop_unused_mode(call);
  set_result_file(record, call);

  switch (call.spec->wait) {
    case trace_model::WaitKind::Epoll:
      set_ready(payload, call);
      break;
    case trace_model::WaitKind::Poll:
      set_poll(payload, call);
      break;
    case trace_model::WaitKind::Select:
      set_select(record, call);
      set_selected(payload, call);
      break;
    default:
      break;
  }
  if (call.spec->name == "io_uring_setup") set_uring(payload, call);
  if (record.header.flags & WIRE_F_PEEK)
    call.peek.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
  else if (call.spec->name == "recvmsg")
    set_rights(payload, record.end_ns, files_, call);
  set_socket(record, payload, call);
  set_text(record, payload, call);
  if (call.spec->name == "execve" && !call.error)
    if (const auto file = executed_.find(record.tid); file != executed_.end()) {
      call.text = file->second;
      call.set(0, 0);
    }
  set_restart(record, call);
  if (record.header.flags & WIRE_F_UNREADABLE) mark_unreadable(call);
  drop_unused_argument(call);
  return true;
}

void CallDecoder::note(const wire_select_sets& sets) {
  selects_[sets.tid] = {sets.start_ns, sets};
}

void CallDecoder::note(const wire_exec& exec) {
  executed_[exec.tid] = std::string(exec.filename, strnlen(exec.filename, sizeof(exec.filename)));
}

void CallDecoder::forget_thread(uint32_t tid) {
  selects_.erase(tid);
  executed_.erase(tid);
  interrupted_.erase(tid);
}

void complete_pending(const wire_task_row& row, FileIds& files, trace_model::Pending& pending) {
  int fd_args = 0;
  for (size_t i = 0; i < pending.spec->args.size() && fd_args < 2; ++i) {
    const ArgKind kind = pending.spec->args[i].kind;
    if (kind == ArgKind::Fd || kind == ArgKind::DirFd)
      pending.files[i] = files.of(row.file[fd_args++], row.time_ns);
  }
  const int timeout = trace_model::arg_index(*pending.spec, "timeout_ns");
  if (timeout >= 0 && row.timeout_ns != -2) pending.set(timeout, row.timeout_ns);
}

}  // namespace loopscope::tracer
