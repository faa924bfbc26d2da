// SPDX-License-Identifier: Apache-2.0
#include "tracer/call_numbers.h"

#include <sys/syscall.h>

#include <array>
#include <string_view>

namespace loopscope::tracer {

using trace_model::ArgKind;
using trace_model::ArgSpec;
using trace_model::CallSpec;

namespace {

struct Numbered {
  std::string_view name;
  uint32_t nr;
};

constexpr Numbered kNumbers[]{
#define CALL(name) {#name, SYS_##name},
#ifdef SYS_open
    CALL(open) CALL(creat) CALL(accept) CALL(dup2) CALL(pipe) CALL(poll) CALL(select) CALL(epoll_create)
        CALL(epoll_wait) CALL(eventfd) CALL(signalfd) CALL(inotify_init) CALL(fork) CALL(vfork)
#else
    CALL(accept)
#endif
            CALL(accept4) CALL(bind) CALL(clone) CALL(clone3) CALL(close) CALL(close_range) CALL(connect)
                CALL(dup) CALL(dup3) CALL(epoll_create1) CALL(epoll_ctl) CALL(epoll_pwait) CALL(epoll_pwait2)
                    CALL(eventfd2) CALL(execve) CALL(execveat) CALL(fcntl) CALL(inotify_init1)
                        CALL(io_uring_enter) CALL(io_uring_register) CALL(io_uring_setup) CALL(ioctl)
                            CALL(listen) CALL(memfd_create) CALL(openat) CALL(openat2) CALL(pidfd_getfd)
                                CALL(pidfd_open) CALL(pipe2) CALL(ppoll) CALL(pread64) CALL(preadv)
                                    CALL(preadv2) CALL(pselect6) CALL(pwrite64) CALL(pwritev) CALL(pwritev2)
                                        CALL(read) CALL(readv) CALL(recvfrom) CALL(recvmmsg) CALL(recvmsg)
                                            CALL(restart_syscall) CALL(sendfile) CALL(sendmmsg) CALL(sendmsg)
                                                CALL(sendto) CALL(shutdown) CALL(signalfd4) CALL(socket)
                                                    CALL(socketpair) CALL(splice) CALL(timerfd_create)
                                                        CALL(timerfd_settime) CALL(unshare) CALL(write)
                                                            CALL(writev)
#undef CALL
};

using ByNumber = std::array<const CallSpec*, WIRE_MAX_CALLS>;

ByNumber by_number() {
  ByNumber table{};
  for (const Numbered& call : kNumbers)
    if (call.nr < WIRE_MAX_CALLS) table[call.nr] = trace_model::find_call(call.name);
  return table;
}

struct Payload {
  std::string_view call;
  wire_payload kind;
  uint8_t arg;
};

constexpr Payload kPayloads[]{
    {"accept", PAYLOAD_NEW_SOCKET, 0},
    {"accept4", PAYLOAD_NEW_SOCKET, 0},
    {"socket", PAYLOAD_NEW_SOCKET, 0},
    {"bind", PAYLOAD_ADDRESS, 1},
    {"connect", PAYLOAD_ADDRESS, 1},
    {"listen", PAYLOAD_SOCKET, 0},
    {"epoll_ctl", PAYLOAD_EPOLL_EVENT, 3},
    {"epoll_wait", PAYLOAD_EPOLL_READY, 1},
    {"epoll_pwait", PAYLOAD_EPOLL_READY, 1},
    {"epoll_pwait2", PAYLOAD_EPOLL_READY, 1},
    {"poll", PAYLOAD_POLL, 0},
    {"ppoll", PAYLOAD_POLL, 0},
    {"select", PAYLOAD_SELECT, 1},
    {"pselect6", PAYLOAD_SELECT, 1},
    {"io_uring_setup", PAYLOAD_URING_PARAMS, 1},
    {"open", PAYLOAD_PATH, 0},
    {"creat", PAYLOAD_PATH, 0},
    {"openat", PAYLOAD_PATH, 1},
    {"openat2", PAYLOAD_HOW, 1},
    {"execve", PAYLOAD_PATH, 0},
    {"execveat", PAYLOAD_PATH, 1},
    {"memfd_create", PAYLOAD_PATH, 0},
    {"pipe", PAYLOAD_FD_PAIR, 0},
    {"pipe2", PAYLOAD_FD_PAIR, 0},
    {"socketpair", PAYLOAD_FD_PAIR, 3},
    {"recvmsg", PAYLOAD_RIGHTS, 1},
    {"clone3", PAYLOAD_CLONE3, 0},
    {"timerfd_settime", PAYLOAD_ITIMERSPEC, 2},
    {"ioctl", PAYLOAD_INT, 2},
};

struct Enter {
  std::string_view call;
  uint8_t enter, timeout_arg;
};

constexpr Enter kEnters[]{
    {"epoll_pwait2", ENTER_TIMESPEC, 3},         {"ppoll", ENTER_TIMESPEC, 2},
    {"select", ENTER_TIMEVAL | ENTER_SELECT, 4}, {"pselect6", ENTER_TIMESPEC | ENTER_SELECT, 4},
    {"io_uring_enter", ENTER_RING, 0},           {"io_uring_register", ENTER_RING_OP, 0}};

void set_fd_args(const CallSpec& call, call_shape& shape) {
  shape.fd_args[0] = shape.fd_args[1] = WIRE_NO_ARG;
  int found = 0;
  for (const ArgSpec& arg : call.args)
    if (found < 2 && (arg.kind == ArgKind::Fd || arg.kind == ArgKind::DirFd))
      shape.fd_args[found++] = uint8_t(arg.position);
}

bool also_returns_in_child(std::string_view name) {
  return name == "clone" || name == "clone3" || name == "fork" || name == "vfork";
}

}  // namespace

const CallSpec* call_by_number(uint32_t nr) {
  static const ByNumber kTable = by_number();
  return nr < kTable.size() ? kTable[nr] : nullptr;
}

std::optional<uint32_t> number_of(const CallSpec& call) {
  for (const Numbered& numbered : kNumbers)
    if (numbered.name == call.name) return numbered.nr;
  return std::nullopt;
}

call_shape shape_of(const CallSpec& call) {
  call_shape shape{};
  shape.wanted = 1;
  shape.loss_class = call.keeps_table_true ? LOSS_CALL : LOSS_IO;
  shape.returns_fd =
      call.returns_fd || call.name == "fcntl";  // fcntl's F_DUPFD; others return no valid descriptor
  set_fd_args(call, shape);
  for (const Payload& payload : kPayloads)
    if (payload.call == call.name) shape.payload = payload.kind, shape.payload_arg = payload.arg;
  for (const Enter& enter : kEnters)
    if (enter.call == call.name) shape.enter = enter.enter, shape.timeout_arg = enter.timeout_arg;
  if (call.name == "fcntl") shape.filter = FILTER_FCNTL;
  if (call.name == "ioctl") shape.filter = FILTER_IOCTL;
  if (also_returns_in_child(call.name)) shape.filter = FILTER_CHILD;
  return shape;
}

}  // namespace loopscope::tracer
