// SPDX-License-Identifier: Apache-2.0
// `loopscope list`: the servers running here, what they listen on and how they wait for it, from /proc and
// sock_diag.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tracer/proc/fdinfo.h"
#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

// One way in which a process waits for a listener at this moment.
struct ListenerWait {
  std::string how;  // as `report --json` says it: epoll_ctl, poll, select, blocking_accept, io_uring
  // io_uring: /proc says how many accepts wait in a ring, not on which socket; with one listener there is no
  // doubt.
  bool certain = true;
  int epfd = -1;
  int ring_fd = -1;
  bool ring_polled = false;  // by a thread of the kernel: IORING_SETUP_SQPOLL
  uint32_t events = 0;       // epoll
  uint64_t data = 0;
  Pid tid = 0;  // poll, select, accept
};

struct ServerListener {
  int fd = -1;
  trace_model::FileId file = 0;
  trace_model::SocketInfo socket;
  std::vector<ListenerWait> waits;
};

struct ServerRing {
  int fd = -1;
  RingInfo info;
};

struct Server {
  Pid pid = 0;
  uint32_t uid = 0;
  std::string comm, container;
  std::vector<std::string> cmdline;
  std::vector<ServerListener> listeners;
  std::vector<ServerRing> rings;
};

struct ServerList {
  std::vector<Server> servers;  // by pid
  size_t unreadable = 0;        // processes of others that may not be looked into
  std::string incomplete;       // what else could not be read
};

[[nodiscard]] ServerList find_servers(const ProcFs& proc = ProcFs());
[[nodiscard]] std::string server_list_text(const ServerList& list);
[[nodiscard]] std::string server_list_json(const ServerList& list);

struct ListOptions {
  bool json = false;
};
// Prints to standard output; an exit code.
[[nodiscard]] int list_command(const ListOptions& options);

}  // namespace loopscope::tracer
