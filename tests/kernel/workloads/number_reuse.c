// SPDX-License-Identifier: Apache-2.0
// 17 eventfds one after the other under the same number and registered with the same data: 17 different
// files.
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

enum { kRounds = 17 };

int main(void) {
  const int epfd = (int)must(epoll_create1(0));
  say("{'state':'ready','epfd':%d}", epfd);
  await_line("go");

  int number = -1;
  struct epoll_event event;
  for (int i = 0; i < kRounds; ++i) {
    const int fd = (int)must(eventfd(1, 0));
    must_be(number == -1 || number == fd);
    number = fd;
    watch(epfd, fd, EPOLLIN);
    must_be(epoll_wait(epfd, &event, 1, -1) == 1 && event.data.fd == fd);
    must(close(fd));
  }
  say("{'state':'done','number':%d,'rounds':%d}", number, kRounds);
  await_line("quit");
}
