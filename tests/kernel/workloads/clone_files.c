// SPDX-License-Identifier: Apache-2.0
// clone(CLONE_FILES) without CLONE_THREAD: two processes, one descriptor table. What the child opens the
// parent has; after the child's unshare(CLONE_FILES) it is not so any more. The parent accepts 3 connections
// through the listener its child made.
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

static int to_parent[2], to_child[2];

static void child(void) {
  uint16_t port;
  char byte;
  const int listener = tcp_listener(5, &port);
  const int message[2] = {listener, port};
  must_be(write(to_parent[1], message, sizeof message) == sizeof message);
  must_be(read(to_child[0], &byte, 1) == 1);
  must(unshare(CLONE_FILES));
  must(close(listener));
  const int own = (int)must(eventfd(0, 0));
  const int last[2] = {own, 0};
  must_be(write(to_parent[1], last, sizeof last) == sizeof last);
  must_be(read(to_child[0], &byte, 1) == 1);
  _exit(5);
}

int main(void) {
  must(pipe(to_parent));
  must(pipe(to_child));
  say("{'state':'ready'}");
  await_line("go");

  const pid_t pid = (pid_t)must(syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL));
  if (pid == 0) child();
  int message[2], last[2];
  must_be(read(to_parent[0], message, sizeof message) == sizeof message);
  const int listener = message[0];
  const unsigned long inode = inode_of(listener);
  for (int i = 0; i < 3; ++i) {
    const int client = connect_to((uint16_t)message[1]);
    must(close((int)must(accept4(listener, NULL, NULL, 0))));
    must(close(client));
  }
  must_be(write(to_child[1], "x", 1) == 1);
  must_be(read(to_parent[0], last, sizeof last) == sizeof last);
  // The child's table is its own now: the number it closed and used again is still our listener.
  must_be(last[0] == listener && inode_of(listener) == inode);
  const int client = connect_to((uint16_t)message[1]);
  must(close((int)must(accept4(listener, NULL, NULL, 0))));
  must(close(client));
  must_be(write(to_child[1], "x", 1) == 1);
  wait_for_exit(pid, 5);
  say("{'state':'done','child':%d,'listener':%d,'inode':%lu,'port':%d,'accepts':4}", pid, listener, inode,
      message[1]);
  await_line("quit");
}
