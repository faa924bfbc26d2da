// SPDX-License-Identifier: Apache-2.0
#include "trace-model/loops.h"

#include "trace-model/open_files.h"

namespace loopscope::trace_model {
namespace {

constexpr std::array<std::string_view, kWakeCauses> kCauses{
    "new connection", "data",       "writable",     "hang-up", "notification",
    "timer",          "completion", "nested epoll", "timeout", "looked without sleeping",
    "already ready",  "spurious",   "signal",       "error",   "unknown"};
constexpr std::array<std::string_view, 6> kWaits{"none",   "epoll",    "poll",
                                                 "select", "io_uring", "blocking_accept"};

// Bits that EPOLL and POLL share (include/uapi/linux/eventpoll.h, asm-generic/poll.h).
constexpr uint32_t kIn = 0x1 | 0x2 | 0x40 | 0x80, kOut = 0x4 | 0x100 | 0x200, kGone = 0x8 | 0x10 | 0x2000;

}  // namespace

std::string_view wake_cause_name(WakeCause cause) {
  return kCauses[size_t(cause)];
}
std::string_view wait_kind_name(WaitKind kind) {
  return kWaits[size_t(kind)];
}

WakeCause cause_of(uint32_t events, const OpenFile* file) {
  if (file && file->listening) return WakeCause::NewConnection;
  if (events & kGone) return WakeCause::HangUp;
  if (!(events & kIn)) return events & kOut ? WakeCause::Writable : WakeCause::Unknown;
  if (!file) return WakeCause::Unknown;
  switch (file->kind) {
    case FileKind::Timerfd:
      return WakeCause::Timer;
    case FileKind::Eventfd:
    case FileKind::Pipe:
    case FileKind::Fifo:
    case FileKind::Signalfd:
    case FileKind::Inotify:
      return WakeCause::Notification;
    case FileKind::IoUring:
      return WakeCause::Completion;
    case FileKind::Epoll:
      return WakeCause::NestedEpoll;
    case FileKind::Unknown:
      return WakeCause::Unknown;
    default:
      return WakeCause::Data;
  }
}

}  // namespace loopscope::trace_model
