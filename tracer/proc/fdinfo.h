// SPDX-License-Identifier: Apache-2.0
// /proc/PID/fdinfo/N, proc_pid_fdinfo(5): pure parsing. The text comes from the kernel, but its form has
// changed with it and may again: lines that are not understood are left out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace loopscope::tracer {

// One entry of an epoll interest list, fs/eventpoll.c ep_show_fdinfo():
// "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%lx sdev:%x"
struct EpollItem {
  int fd = -1;          // the number it was registered under
  uint32_t events = 0;  // without EPOLLERR and EPOLLHUP, which the kernel adds to every registration
  uint64_t data = 0;
  uint64_t inode = 0;  // 0: this kernel does not say (before 5.5)
};

// io_uring/fdinfo.c. What operations wait for is not there: only how many of each kind wait (PollList).
struct RingInfo {
  uint32_t sq_entries = 0, cq_entries = 0;
  int sq_thread = 0;  // IORING_SETUP_SQPOLL: the polling thread, as the reader's PID namespace numbers it
  std::map<uint8_t, size_t> armed;  // IORING_OP_ → how many wait for readiness
};

struct FdInfo {
  uint64_t flags = 0;  // as open(2), with O_CLOEXEC
  bool cloexec = false, nonblock = false;
  std::vector<EpollItem> epoll_items;
  std::optional<uint64_t> eventfd_id;
  std::optional<RingInfo> ring;
};

[[nodiscard]] FdInfo parse_fdinfo(std::string_view text);

}  // namespace loopscope::tracer
