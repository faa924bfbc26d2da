// SPDX-License-Identifier: Apache-2.0
#include "trace-model/call_table.h"

#include <algorithm>
#include <array>

namespace loopscope::trace_model {
namespace {

using enum ArgKind;
using namespace symbols;

constexpr ArgSpec kSocketArgs[]{
    {"domain", Choice, 0, &kSocketDomain}, {"type", Flags, 1, &kSocketType}, {"protocol", Int, 2}};
constexpr ArgSpec kSocketpairArgs[]{{"domain", Choice, 0, &kSocketDomain},
                                    {"type", Flags, 1, &kSocketType},
                                    {"protocol", Int, 2},
                                    {"sv", FdPair, 3}};
constexpr ArgSpec kAddressArgs[]{{"sockfd", Fd, 0}, {"addr", Address, 1}};
constexpr ArgSpec kListenArgs[]{{"sockfd", Fd, 0}, {"backlog", Int, 1}};
constexpr ArgSpec kAcceptArgs[]{{"sockfd", Fd, 0}};
constexpr ArgSpec kAccept4Args[]{{"sockfd", Fd, 0}, {"flags", Flags, 3, &kAcceptFlags}};
constexpr ArgSpec kShutdownArgs[]{{"sockfd", Fd, 0}, {"how", Choice, 1, &kShutdownHow}};

constexpr ArgSpec kEpollCreateArgs[]{{"size", Int, 0}};
constexpr ArgSpec kEpollCreate1Args[]{{"flags", Flags, 0, &kEpollCreateFlags}};
constexpr ArgSpec kEpollCtlArgs[]{{"epfd", Fd, 0},
                                  {"op", Choice, 1, &kEpollOp},
                                  {"fd", Fd, 2},
                                  {"events", Flags, -1, &kEpollEvents},
                                  {"data", Opaque, -1}};
constexpr ArgSpec kEpollWaitArgs[]{{"epfd", Fd, 0}, {"maxevents", Int, 2}, {"timeout", Int, 3}};
constexpr ArgSpec kEpollPwait2Args[]{{"epfd", Fd, 0}, {"maxevents", Int, 2}, {"timeout_ns", Ns, -1}};

constexpr ArgSpec kPollArgs[]{{"fds", PollFds, 0}, {"nfds", Uint, 1}, {"timeout", Int, 2}};
constexpr ArgSpec kPpollArgs[]{{"fds", PollFds, 0}, {"nfds", Uint, 1}, {"timeout_ns", Ns, -1}};
constexpr ArgSpec kSelectArgs[]{{"nfds", Int, 0},
                                {"readfds", FdSet, 1},
                                {"writefds", FdSet, 2},
                                {"exceptfds", FdSet, 3},
                                {"timeout_ns", Ns, -1}};

constexpr ArgSpec kUringSetupArgs[]{{"entries", Uint, 0},
                                    {"flags", Flags, -1, &kUringSetupFlags},
                                    {"sq_entries", Uint, -1},
                                    {"cq_entries", Uint, -1}};
constexpr ArgSpec kUringEnterArgs[]{
    {"fd", Fd, 0}, {"to_submit", Uint, 1}, {"min_complete", Uint, 2}, {"flags", Flags, 3, &kUringEnterFlags}};
constexpr ArgSpec kUringRegisterArgs[]{
    {"fd", Fd, 0}, {"opcode", Choice, 1, &kUringRegisterOp}, {"nr_args", Uint, 3}};

constexpr ArgSpec kOpenArgs[]{{"pathname", Path, 0}, {"flags", Flags, 1, &kOpenFlags}, {"mode", Octal, 2}};
constexpr ArgSpec kOpenatArgs[]{
    {"dirfd", DirFd, 0}, {"pathname", Path, 1}, {"flags", Flags, 2, &kOpenFlags}, {"mode", Octal, 3}};
constexpr ArgSpec kOpenat2Args[]{{"dirfd", DirFd, 0},
                                 {"pathname", Path, 1},
                                 {"flags", Flags, -1, &kOpenFlags},
                                 {"mode", Octal, -1},
                                 {"resolve", Flags, -1, &kOpenResolve}};
constexpr ArgSpec kCreatArgs[]{{"pathname", Path, 0}, {"mode", Octal, 1}};

constexpr ArgSpec kCloseArgs[]{{"fd", Fd, 0}};
constexpr ArgSpec kCloseRangeArgs[]{
    {"first", Uint, 0}, {"last", Uint, 1}, {"flags", Flags, 2, &kCloseRangeFlags}};
constexpr ArgSpec kDupArgs[]{{"oldfd", Fd, 0}};
constexpr ArgSpec kDup2Args[]{{"oldfd", Fd, 0}, {"newfd", Int, 1}};
constexpr ArgSpec kDup3Args[]{{"oldfd", Fd, 0}, {"newfd", Int, 1}, {"flags", Flags, 2, &kDupFlags}};
constexpr ArgSpec kFcntlArgs[]{{"fd", Fd, 0}, {"op", Choice, 1, &kFcntlOp}, {"arg", Int, 2}};
constexpr ArgSpec kIoctlArgs[]{{"fd", Fd, 0}, {"op", Choice, 1, &kIoctlOp}, {"arg", Int, -1}};

constexpr ArgSpec kPipeArgs[]{{"pipefd", FdPair, 0}};
constexpr ArgSpec kPipe2Args[]{{"pipefd", FdPair, 0}, {"flags", Flags, 1, &kPipeFlags}};
constexpr ArgSpec kEventfdArgs[]{{"initval", Uint, 0}};
constexpr ArgSpec kEventfd2Args[]{{"initval", Uint, 0}, {"flags", Flags, 1, &kEventfdFlags}};
constexpr ArgSpec kTimerfdCreateArgs[]{{"clockid", Choice, 0, &kClockId},
                                       {"flags", Flags, 1, &kTimerfdFlags}};
constexpr ArgSpec kTimerfdSettimeArgs[]{
    {"fd", Fd, 0}, {"flags", Flags, 1, &kTimerfdSetFlags}, {"value_ns", Ns, -1}};
constexpr ArgSpec kSignalfdArgs[]{{"fd", Fd, 0}};
constexpr ArgSpec kSignalfd4Args[]{{"fd", Fd, 0}, {"flags", Flags, 3, &kSignalfdFlags}};
constexpr ArgSpec kMemfdArgs[]{{"name", Path, 0}, {"flags", Flags, 1, &kMemfdFlags}};
constexpr ArgSpec kInotify1Args[]{{"flags", Flags, 0, &kInotifyFlags}};
constexpr ArgSpec kPidfdOpenArgs[]{{"pid", Int, 0}, {"flags", Flags, 1, &kPidfdFlags}};
constexpr ArgSpec kPidfdGetfdArgs[]{{"pidfd", Fd, 0}, {"targetfd", Int, 1}};

constexpr ArgSpec kCloneArgs[]{{"flags", Flags, 0, &kCloneFlags}};
constexpr ArgSpec kClone3Args[]{{"flags", Flags, -1, &kCloneFlags}};
constexpr ArgSpec kExecveArgs[]{{"pathname", Path, 0}};
constexpr ArgSpec kExecveatArgs[]{
    {"dirfd", DirFd, 0}, {"pathname", Path, 1}, {"flags", Flags, 4, &kExecveatFlags}};

constexpr ArgSpec kReadArgs[]{{"fd", Fd, 0}, {"count", Uint, 2}};
constexpr ArgSpec kVectorArgs[]{{"fd", Fd, 0}, {"iovcnt", Int, 2}};
constexpr ArgSpec kSendArgs[]{{"sockfd", Fd, 0}, {"len", Uint, 2}, {"flags", Flags, 3, &kMessageFlags}};
constexpr ArgSpec kMessageArgs[]{{"sockfd", Fd, 0}, {"flags", Flags, 2, &kMessageFlags}};
constexpr ArgSpec kMultiMessageArgs[]{
    {"sockfd", Fd, 0}, {"vlen", Uint, 2}, {"flags", Flags, 3, &kMessageFlags}};
constexpr ArgSpec kSendfileArgs[]{{"out_fd", Fd, 0}, {"in_fd", Fd, 1}, {"count", Uint, 3}};
constexpr ArgSpec kSpliceArgs[]{
    {"fd_in", Fd, 0}, {"fd_out", Fd, 2}, {"len", Uint, 4}, {"flags", Flags, 5, &kSpliceFlags}};

constexpr WaitKind kNo = WaitKind::None;
using F = CallFamily;

// name, family, wait, returns_fd, keeps_table_true, in_lab, args. Sorted by name.
constexpr CallSpec kCalls[]{
    {"accept", F::Accept, WaitKind::Accept, true, true, true, kAcceptArgs},
    {"accept4", F::Accept, WaitKind::Accept, true, true, true, kAccept4Args},
    {"bind", F::Socket, kNo, false, true, true, kAddressArgs},
    {"clone", F::Process, kNo, false, false, false, kCloneArgs},
    {"clone3", F::Process, kNo, false, false, false, kClone3Args},
    {"close", F::Close, kNo, false, true, false, kCloseArgs},
    {"close_range", F::Close, kNo, false, true, false, kCloseRangeArgs},
    {"connect", F::Socket, kNo, false, false, false, kAddressArgs},
    {"creat", F::Open, kNo, true, true, true, kCreatArgs},
    {"dup", F::Dup, kNo, true, true, false, kDupArgs},
    {"dup2", F::Dup, kNo, true, true, false, kDup2Args},
    {"dup3", F::Dup, kNo, true, true, false, kDup3Args},
    {"epoll_create", F::Epoll, kNo, true, true, true, kEpollCreateArgs},
    {"epoll_create1", F::Epoll, kNo, true, true, true, kEpollCreate1Args},
    {"epoll_ctl", F::Epoll, kNo, false, true, true, kEpollCtlArgs},
    {"epoll_pwait", F::Epoll, WaitKind::Epoll, false, false, true, kEpollWaitArgs},
    {"epoll_pwait2", F::Epoll, WaitKind::Epoll, false, false, true, kEpollPwait2Args},
    {"epoll_wait", F::Epoll, WaitKind::Epoll, false, false, true, kEpollWaitArgs},
    {"eventfd", F::Notify, kNo, true, true, false, kEventfdArgs},
    {"eventfd2", F::Notify, kNo, true, true, false, kEventfd2Args},
    {"execve", F::Process, kNo, false, false, false, kExecveArgs},
    {"execveat", F::Process, kNo, false, false, false, kExecveatArgs},
    {"fcntl", F::Dup, kNo, false, true, false, kFcntlArgs},
    {"fork", F::Process, kNo, false, false, false, {}},
    {"inotify_init", F::Notify, kNo, true, true, false, {}},
    {"inotify_init1", F::Notify, kNo, true, true, false, kInotify1Args},
    {"io_uring_enter", F::Uring, WaitKind::Uring, false, false, false, kUringEnterArgs},
    {"io_uring_register", F::Uring, kNo, false, false, false, kUringRegisterArgs},
    {"io_uring_setup", F::Uring, kNo, true, true, false, kUringSetupArgs},
    {"ioctl", F::Dup, kNo, false, true, false, kIoctlArgs},
    {"listen", F::Socket, kNo, false, true, true, kListenArgs},
    {"memfd_create", F::Notify, kNo, true, true, false, kMemfdArgs},
    {"open", F::Open, kNo, true, true, true, kOpenArgs},
    {"openat", F::Open, kNo, true, true, true, kOpenatArgs},
    {"openat2", F::Open, kNo, true, true, true, kOpenat2Args},
    {"pidfd_getfd", F::Notify, kNo, true, true, false, kPidfdGetfdArgs},
    {"pidfd_open", F::Notify, kNo, true, true, false, kPidfdOpenArgs},
    {"pipe", F::Notify, kNo, false, true, false, kPipeArgs},
    {"pipe2", F::Notify, kNo, false, true, false, kPipe2Args},
    {"poll", F::Poll, WaitKind::Poll, false, false, false, kPollArgs},
    {"ppoll", F::Poll, WaitKind::Poll, false, false, false, kPpollArgs},
    {"pread64", F::Io, kNo, false, false, false, kReadArgs},
    {"preadv", F::Io, kNo, false, false, false, kVectorArgs},
    {"preadv2", F::Io, kNo, false, false, false, kVectorArgs},
    {"pselect6", F::Poll, WaitKind::Select, false, false, false, kSelectArgs},
    {"pwrite64", F::Io, kNo, false, false, false, kReadArgs},
    {"pwritev", F::Io, kNo, false, false, false, kVectorArgs},
    {"pwritev2", F::Io, kNo, false, false, false, kVectorArgs},
    {"read", F::Io, kNo, false, false, false, kReadArgs},
    {"readv", F::Io, kNo, false, false, false, kVectorArgs},
    {"recvfrom", F::Io, kNo, false, false, false, kSendArgs},
    {"recvmmsg", F::Io, kNo, false, false, false, kMultiMessageArgs},
    {"recvmsg", F::Io, kNo, false, true, false, kMessageArgs},
    {"restart_syscall", F::Poll, kNo, false, false, false, {}},
    {"select", F::Poll, WaitKind::Select, false, false, false, kSelectArgs},
    {"sendfile", F::Io, kNo, false, false, false, kSendfileArgs},
    {"sendmmsg", F::Io, kNo, false, false, false, kMultiMessageArgs},
    {"sendmsg", F::Io, kNo, false, false, false, kMessageArgs},
    {"sendto", F::Io, kNo, false, false, false, kSendArgs},
    {"shutdown", F::Socket, kNo, false, false, false, kShutdownArgs},
    {"signalfd", F::Notify, kNo, true, true, false, kSignalfdArgs},
    {"signalfd4", F::Notify, kNo, true, true, false, kSignalfd4Args},
    {"socket", F::Socket, kNo, true, true, false, kSocketArgs},
    {"socketpair", F::Socket, kNo, false, true, false, kSocketpairArgs},
    {"splice", F::Io, kNo, false, false, false, kSpliceArgs},
    {"timerfd_create", F::Notify, kNo, true, true, false, kTimerfdCreateArgs},
    {"timerfd_settime", F::Notify, kNo, false, false, false, kTimerfdSettimeArgs},
    {"unshare", F::Process, kNo, false, false, false, kCloneArgs},
    {"vfork", F::Process, kNo, false, false, false, {}},
    {"write", F::Io, kNo, false, false, false, kReadArgs},
    {"writev", F::Io, kNo, false, false, false, kVectorArgs},
};
static_assert(std::ranges::is_sorted(kCalls, {}, &CallSpec::name));
static_assert(std::ranges::all_of(kCalls, [](const CallSpec& c) { return c.args.size() <= kMaxArgs; }));

// A reader looks up a name for every line, so the one a name most likely is stands in a table; where two
// names share a slot the search in the sorted list finds the other.
constexpr size_t slot_of(std::string_view name) {
  return (name.size() * 37 + uint8_t(name.front()) * 7 + uint8_t(name.back()) * 3 +
          uint8_t(name[name.size() / 2])) &
         511;
}
constexpr auto kLikelyCall = [] {
  std::array<uint8_t, 512> likely{};
  for (size_t i = 0; i < std::size(kCalls); ++i) likely[slot_of(kCalls[i].name)] = uint8_t(i);
  return likely;
}();
static_assert(std::size(kCalls) <= 256);

}  // namespace

std::span<const CallSpec> all_calls() {
  return kCalls;
}

const CallSpec* find_call(std::string_view name) {
  if (name.empty()) return nullptr;
  const uint8_t likely = kLikelyCall[slot_of(name)];
  if (kCalls[likely].name == name) return &kCalls[likely];
  const auto at = std::ranges::lower_bound(kCalls, name, {}, &CallSpec::name);
  return at != std::end(kCalls) && at->name == name ? &*at : nullptr;
}

int arg_index(const CallSpec& call, std::string_view name) {
  for (size_t i = 0; i < call.args.size(); ++i)
    if (call.args[i].name == name) return int(i);
  return -1;
}

}  // namespace loopscope::trace_model
