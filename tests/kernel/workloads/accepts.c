// SPDX-License-Identifier: Apache-2.0
// 23 connections to a listener that was bound and registered before the recording began. Each is one
// epoll_wait that returns 1 and one accept4; at the end one more epoll_wait finds nothing and one more
// accept4 is EAGAIN.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { kConnections = 23 };

int main(void) {
  uint16_t port;
  const int listener = tcp_listener(37, &port);
  const int epfd = (int)must(epoll_create1(EPOLL_CLOEXEC));
  watch(epfd, listener, EPOLLIN);
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d,'backlog':37,'epfd':%d}", listener,
      inode_of(listener), port, epfd);
  await_line("go");

  struct epoll_event event;
  for (int i = 0; i < kConnections; ++i) {
    const int client = connect_to(port);
    must_be(epoll_wait(epfd, &event, 1, -1) == 1 && event.data.fd == listener);
    const int connection = (int)must(accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
    must(close(client));
    must(close(connection));
  }
  must_be(epoll_wait(epfd, &event, 1, 0) == 0);
  must_be(accept4(listener, NULL, NULL, SOCK_CLOEXEC) == -1 && errno == EAGAIN);
  say("{'state':'done','accepts':%d,'failed_accepts':1,'wakeups':%d,'empty_waits':1,'closes':%d}",
      kConnections, kConnections, 2 * kConnections);
  await_line("quit");
}
