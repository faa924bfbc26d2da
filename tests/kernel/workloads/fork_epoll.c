// SPDX-License-Identifier: Apache-2.0
// An epoll instance made before fork is one instance in both processes. The child registers an eventfd of its
// own, which the parent does not have open; the parent's wait returns it 5 times. Then the child waits 3
// times itself.
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

static void child(int epfd, int turn_to_parent, int turn_to_child) {
  struct epoll_event event;
  const int fd = (int)must(eventfd(1, 0));
  watch_data(epfd, fd, EPOLLIN, 0x600d);
  const char number = (char)fd;
  char byte;
  must_be(write(turn_to_parent, &number, 1) == 1);
  must_be(read(turn_to_child, &byte, 1) == 1);
  for (int i = 0; i < 3; ++i) must_be(epoll_wait(epfd, &event, 1, -1) == 1 && event.data.u64 == 0x600d);
  _exit(7);
}

int main(void) {
  int to_parent[2], to_child[2];
  const int epfd = (int)must(epoll_create1(0));
  must(pipe(to_parent));
  must(pipe(to_child));
  say("{'state':'ready','epfd':%d}", epfd);
  await_line("go");

  const pid_t pid = (pid_t)must(fork());
  if (pid == 0) child(epfd, to_parent[1], to_child[0]);
  struct epoll_event event;
  char number;
  must_be(read(to_parent[0], &number, 1) == 1);
  for (int i = 0; i < 5; ++i) must_be(epoll_wait(epfd, &event, 1, -1) == 1 && event.data.u64 == 0x600d);
  must_be(write(to_child[1], "x", 1) == 1);
  wait_for_exit(pid, 7);
  // The child's exit closed the eventfd, and with it the registration.
  must_be(epoll_wait(epfd, &event, 1, 0) == 0);
  say("{'state':'done','child':%d,'child_fd':%d,'parent_reports':5,'child_reports':3,'code':7}", pid, number);
  await_line("quit");
}
