// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/file_identity.h"

#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace loopscope::tracer {
namespace {

std::optional<std::strong_ordering> ordering(long result) {
  if (result < 0) return std::nullopt;
  if (result == 0) return std::strong_ordering::equal;
  return result == 1 ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace

FileComparison kernel_comparison() {
  return {
      .files = [](Pid a, int fd_a, Pid b,
                  int fd_b) { return ordering(syscall(SYS_kcmp, a, b, KCMP_FILE, fd_a, fd_b)); },
      .tables = [](Pid a, Pid b) { return ordering(syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0)); },
      .watched = [](Pid pid, int epfd, int fd, unsigned nth) -> std::optional<bool> {
        kcmp_epoll_slot slot{uint32_t(epfd), uint32_t(fd), nth};
        const long result = syscall(SYS_kcmp, pid, pid, KCMP_EPOLL_TFD, fd, &slot);
        if (result < 0) return std::nullopt;
        return result == 0;
      },
  };
}

FileComparison no_comparison() {
  return {.files = [](Pid, int, Pid, int) { return std::nullopt; },
          .tables = [](Pid, Pid) { return std::nullopt; },
          .watched = [](Pid, int, int, unsigned) { return std::nullopt; }};
}

FileId FileIdentity::of_socket(uint64_t inode) {
  FileId& file = sockets_[inode];
  if (file == 0) file = ++last_file_;
  return file;
}

FileId FileIdentity::of_group(std::vector<Seen>& group, Pid pid, int fd) {
  size_t low = 0, high = group.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const auto order = comparison_.files(pid, fd, group[middle].pid, group[middle].fd);
    if (!order) return ++last_file_;  // refused, or one of the two is closed by now
    if (*order == 0) return group[middle].file;
    if (*order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  const FileId file = ++last_file_;
  group.insert(group.begin() + ptrdiff_t(low), Seen{pid, fd, file});
  return file;
}

FileId FileIdentity::identify(Pid pid, const Descriptor& d) {
  const bool is_socket = d.kind == "socket" && d.inode != 0;
  const FileId file =
      is_socket ? of_socket(d.inode) : of_group(groups_[Group(d.kind, d.device, d.inode)], pid, d.fd);
  known_[{pid, d.fd}] = file;
  return file;
}

FileId FileIdentity::of(Pid pid, int fd) const {
  const auto at = known_.find({pid, fd});
  return at == known_.end() ? 0 : at->second;
}

FdTableId FileIdentity::identify_table(Pid pid) {
  for (const auto& [other, table] : tables_)
    if (comparison_.tables(pid, other) == std::strong_ordering::equal) return table;
  tables_.emplace_back(pid, ++last_table_);
  return last_table_;
}

bool FileIdentity::names(Pid pid, int epfd, const EpollItem& item, unsigned nth,
                         const Descriptor& named) const {
  if (item.inode != 0 && named.inode != item.inode) return false;
  if (named.kind == "socket" && item.inode != 0) return true;
  // Anonymous inodes are shared and a pipe has two ends: only the kernel can tell.
  return comparison_.watched(pid, epfd, item.fd, nth).value_or(true);
}

FileId FileIdentity::closed_target(const EpollItem& item) {
  const auto socket = sockets_.find(item.inode);
  return socket != sockets_.end() ? socket->second : ++last_file_;
}

}  // namespace loopscope::tracer
