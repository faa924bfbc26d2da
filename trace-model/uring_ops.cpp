// SPDX-License-Identifier: Apache-2.0
#include "trace-model/uring_ops.h"

#include <array>
#include <charconv>

namespace loopscope::trace_model {
namespace {

constexpr bool kCounts = true, kChanges = true;

// As of Linux 6.18.
constexpr auto kOps = std::to_array<UringOp>({
    {"NOP", ""},
    {"READV", "readv", kCounts},
    {"WRITEV", "writev", kCounts},
    {"FSYNC", "", kCounts},
    {"READ_FIXED", "read", kCounts},
    {"WRITE_FIXED", "write", kCounts},
    {"POLL_ADD", ""},
    {"POLL_REMOVE", ""},
    {"SYNC_FILE_RANGE", "", kCounts},
    {"SENDMSG", "sendmsg", kCounts},
    {"RECVMSG", "recvmsg", kCounts},
    {"TIMEOUT", ""},
    {"TIMEOUT_REMOVE", ""},
    {"ACCEPT", "accept4", kCounts, kChanges},
    {"ASYNC_CANCEL", ""},
    {"LINK_TIMEOUT", ""},
    {"CONNECT", "connect", kCounts, kChanges},
    {"FALLOCATE", "", kCounts},
    {"OPENAT", "openat", kCounts, kChanges},
    {"CLOSE", "close", kCounts, kChanges},
    {"FILES_UPDATE", ""},
    {"STATX", "", kCounts},
    {"READ", "read", kCounts},
    {"WRITE", "write", kCounts},
    {"FADVISE", "", kCounts},
    {"MADVISE", "", kCounts},
    {"SEND", "sendto", kCounts},
    {"RECV", "recvfrom", kCounts},
    {"OPENAT2", "openat2", kCounts, kChanges},
    {"EPOLL_CTL", "epoll_ctl", kCounts, kChanges},
    {"SPLICE", "splice", kCounts},
    {"PROVIDE_BUFFERS", ""},
    {"REMOVE_BUFFERS", ""},
    {"TEE", "splice", kCounts},
    {"SHUTDOWN", "shutdown", kCounts, kChanges},
    {"RENAMEAT", "", kCounts},
    {"UNLINKAT", "", kCounts},
    {"MKDIRAT", "", kCounts},
    {"SYMLINKAT", "", kCounts},
    {"LINKAT", "", kCounts},
    {"MSG_RING", "", false, kChanges},
    {"FSETXATTR", "", kCounts},
    {"SETXATTR", "", kCounts},
    {"FGETXATTR", "", kCounts},
    {"GETXATTR", "", kCounts},
    {"SOCKET", "socket", kCounts, kChanges},
    {"URING_CMD", "", kCounts},
    {"SEND_ZC", "sendto", kCounts},
    {"SENDMSG_ZC", "sendmsg", kCounts},
    {"READ_MULTISHOT", "read", kCounts},
    {"WAITID", "", kCounts},
    {"FUTEX_WAIT", "", kCounts},
    {"FUTEX_WAKE", "", kCounts},
    {"FUTEX_WAITV", "", kCounts},
    {"FIXED_FD_INSTALL", "", false, kChanges},
    {"FTRUNCATE", "", kCounts},
    {"BIND", "bind", kCounts, kChanges},
    {"LISTEN", "listen", kCounts, kChanges},
    {"RECV_ZC", "recvfrom", kCounts},
    {"EPOLL_WAIT", "epoll_wait", kCounts},
    {"READV_FIXED", "readv", kCounts},
    {"WRITEV_FIXED", "writev", kCounts},
    {"PIPE", "pipe2", kCounts, kChanges},
});
static_assert(kOps[uring::kAccept].name == "ACCEPT" && kOps[uring::kPipe].name == "PIPE");

}  // namespace

const UringOp* uring_op(uint8_t number) {
  return number < kOps.size() ? &kOps[number] : nullptr;
}

std::optional<uint8_t> uring_op_number(std::string_view name) {
  for (size_t i = 0; i < kOps.size(); ++i)
    if (kOps[i].name == name) return uint8_t(i);
  if (!name.starts_with("0x")) return std::nullopt;
  uint8_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + 2, name.data() + name.size(), number, 16);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

const CallSpec* call_of_op(uint8_t number) {
  static const auto calls = [] {
    std::array<const CallSpec*, kOps.size()> found{};
    for (size_t i = 0; i < kOps.size(); ++i)
      if (!kOps[i].call.empty()) found[i] = find_call(kOps[i].call);
    return found;
  }();
  return number < calls.size() ? calls[number] : nullptr;
}

int descriptor_argument(uint8_t number) {
  const CallSpec* call = call_of_op(number);
  if (!call || number == uring::kSocket || number == uring::kPipe) return -1;
  // sqe->fd of SPLICE and TEE is where the bytes go (io_uring(7)).
  if (number == uring::kSplice || number == uring::kTee) return arg_index(*call, "fd_out");
  for (size_t i = 0; i < call->args.size(); ++i)
    if (call->args[i].kind == ArgKind::Fd || call->args[i].kind == ArgKind::DirFd) return int(i);
  return -1;
}

}  // namespace loopscope::trace_model
