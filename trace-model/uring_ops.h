// SPDX-License-Identifier: Apache-2.0
// Every operation of io_uring, by number: its name, and the system call it is the ring's form of. Numbers are
// the same on every machine (include/uapi/linux/io_uring.h, enum io_uring_op), and only ever added to.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "trace-model/call_table.h"

namespace loopscope::trace_model {

struct UringOp {
  std::string_view name;        // without IORING_OP_
  std::string_view call;        // its call, empty where there is none of its kind
  bool counts_as_call = false;  // without rings the program would have needed a system call for it
  bool may_change_fds = false;  // its completion changes descriptor tables, sockets or interest lists
};

// nullptr for a number that has no name yet.
[[nodiscard]] const UringOp* uring_op(uint8_t number);
[[nodiscard]] std::optional<uint8_t> uring_op_number(std::string_view name);  // also of "0x…"

// The call an operation is the form of, nullptr where there is none.
[[nodiscard]] const CallSpec* call_of_op(uint8_t number);

// The argument of that call which the descriptor of the operation is: its position in CallSpec::args, -1
// where the operation has none (SOCKET, PIPE).
[[nodiscard]] int descriptor_argument(uint8_t number);

// Numbers that code depends on.
namespace uring {
inline constexpr uint8_t kNop = 0, kReadv = 1, kWritev = 2, kReadFixed = 4, kWriteFixed = 5, kPollAdd = 6,
                         kPollRemove = 7, kSendmsg = 9, kRecvmsg = 10, kTimeout = 11, kTimeoutRemove = 12,
                         kAccept = 13, kAsyncCancel = 14, kLinkTimeout = 15, kConnect = 16, kOpenat = 18,
                         kClose = 19, kFilesUpdate = 20, kRead = 22, kWrite = 23, kSend = 26, kRecv = 27,
                         kOpenat2 = 28, kEpollCtl = 29, kSplice = 30, kTee = 33, kShutdown = 34,
                         kMsgRing = 40, kSocket = 45, kSendZc = 47, kSendmsgZc = 48, kReadMultishot = 49,
                         kFixedFdInstall = 54, kBind = 56, kListen = 57, kRecvZc = 58, kEpollWait = 59,
                         kReadvFixed = 60, kWritevFixed = 61, kPipe = 62;
inline constexpr uint8_t kUnknown =
    255;  // a name that this version does not know; no number of the kernel's so far

inline constexpr uint32_t kSqeFixedFile = 1, kSqeDrain = 2, kSqeLink = 4, kSqeHardlink = 8, kSqeAsync = 16,
                          kSqeBufferSelect = 32, kSqeSkipSuccess = 64;                        // IOSQE_
inline constexpr uint32_t kCqeBuffer = 1, kCqeMore = 2, kCqeSockNonempty = 4, kCqeNotif = 8;  // IORING_CQE_F_
inline constexpr uint32_t kSetupSqpoll = 2;                                                   // IORING_SETUP_
}  // namespace uring

}  // namespace loopscope::trace_model
