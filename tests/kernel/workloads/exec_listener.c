// SPDX-License-Identifier: Apache-2.0
// A listener inherited through exec, the way socket activation hands it over: descriptor 3, LISTEN_FDS=1. A
// second listener is close-on-exec and must not survive. After the exec, at "serve", 7 connections are
// accepted.
//
// Conversation: ready, "go", (exec), {"state":"executed"}, "serve", done, "quit".
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { kListenFd = 3, kConnections = 7 };

static void serve(void) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  must_be(strcmp(getenv("LISTEN_FDS"), "1") == 0);
  must(getsockname(kListenFd, (struct sockaddr*)&address, &length));
  const int port = atoi(getenv("WORKLOAD_PORT"));
  const int epfd = (int)must(epoll_create1(EPOLL_CLOEXEC));
  watch(epfd, kListenFd, EPOLLIN);
  say("{'state':'executed','epfd':%d,'listener':%d,'inode':%lu}", epfd, kListenFd, inode_of(kListenFd));
  await_line("serve");
  for (int i = 0; i < kConnections; ++i) {
    struct epoll_event event;
    const int client = connect_to((uint16_t)port);
    must_be(epoll_wait(epfd, &event, 1, -1) == 1);
    must(close((int)must(accept4(kListenFd, NULL, NULL, 0))));
    must(close(client));
  }
  say("{'state':'done','accepts':%d}", kConnections);
  await_line("quit");
}

int main(int argc, char** argv) {
  if (argc == 2) {
    serve();
    return 0;
  }
  uint16_t port, other_port;
  char text[16];
  const int listener = tcp_listener(17, &port);
  const int closed_by_exec = tcp_listener(18, &other_port);
  if (listener != kListenFd) {
    must(dup2(listener, kListenFd));
    must(close(listener));
  }
  must(fcntl(kListenFd, F_SETFD, 0));
  must_be(snprintf(text, sizeof text, "%d", port) > 0);
  must(setenv("LISTEN_FDS", "1", 1));
  must(setenv("WORKLOAD_PORT", text, 1));
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d,'closed_by_exec':%d}", kListenFd,
      inode_of(kListenFd), port, closed_by_exec);
  await_line("go");
  must(execl("/proc/self/exe", argv[0], "after-exec", (char*)NULL));
}
