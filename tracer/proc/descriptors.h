// SPDX-License-Identifier: Apache-2.0
// The open descriptors of a process, from /proc/PID/fd and fdinfo. Access is that of ptrace(2) READ: same
// user, or CAP_SYS_PTRACE. Descriptors that vanish while they are read are left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tracer/proc/fdinfo.h"
#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

struct Descriptor {
  int fd = -1;
  std::string kind;  // as docs/trace-format.md; "socket" until it is looked up by its inode
  std::string path;  // files and anonymous inodes without a kind of their own
  uint64_t inode = 0;
  uint64_t device = 0;
  FdInfo info;
};

// What can be said by the link alone; the kind of a path is left empty, being a question of its inode.
[[nodiscard]] Descriptor describe_link(std::string_view link);

// Sockets whose inode was not found among those of a namespace (never bound, of a family that cannot be
// listed) still say their protocol: TCP, UNIX-STREAM, NETLINK … Empty when they don't.
[[nodiscard]] std::string socket_protocol(const ProcFs& proc, Pid pid, int fd);
[[nodiscard]] std::string kind_of_protocol(std::string_view protocol);

// Whether to read fdinfo as well; for epoll that holds the instance's lock meanwhile.
enum class Details { LinksOnly, AllButEpoll };

[[nodiscard]] OrErrno<std::vector<Descriptor>> descriptors(const ProcessDir& process, Details details);
[[nodiscard]] OrErrno<FdInfo> fd_info(const ProcessDir& process, int fd);

}  // namespace loopscope::tracer
