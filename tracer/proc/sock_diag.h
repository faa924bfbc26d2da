// SPDX-License-Identifier: Apache-2.0
// sock_diag(7) over a netlink socket: inet_diag for TCP, MPTCP and UDP, unix_diag.
#pragma once

#include "tracer/proc/sockets.h"

namespace loopscope::tracer {

// A netlink socket in the network namespace of the process; entering another one takes CAP_SYS_ADMIN.
[[nodiscard]] OrErrno<UniqueFd> open_diag_socket(const ProcFs& proc, Pid pid);

// Which sockets. A family the kernel has no diag module for gives ENOENT.
struct InetQuery {
  int family, protocol;
  uint32_t states;  // bit n: state n
};
[[nodiscard]] OrErrno<void> dump_inet(int netlink, const InetQuery& query, SocketTable& table);
[[nodiscard]] OrErrno<void> dump_unix(int netlink, uint32_t states, SocketTable& table);

}  // namespace loopscope::tracer
