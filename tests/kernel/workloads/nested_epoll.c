// SPDX-License-Identifier: Apache-2.0
// An epoll instance that another one watches, edge-triggered: 11 times the outer returns the inner, and then
// the inner the eventfd behind it. Both are registered before the recording.
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

enum { kRounds = 11 };

int main(void) {
  const int outer = (int)must(epoll_create1(0)), inner = (int)must(epoll_create1(0));
  const int fd = (int)must(eventfd(0, EFD_NONBLOCK));
  watch_data(inner, fd, EPOLLIN, 0xa);
  watch_data(outer, inner, EPOLLIN | EPOLLET, 0xb);
  say("{'state':'ready','outer':%d,'inner':%d,'fd':%d}", outer, inner, fd);
  await_line("go");

  for (int i = 0; i < kRounds; ++i) {
    struct epoll_event event;
    eventfd_add(fd);
    must_be(epoll_wait(outer, &event, 1, -1) == 1 && event.data.u64 == 0xb);
    must_be(epoll_wait(inner, &event, 1, -1) == 1 && event.data.u64 == 0xa);
    eventfd_take(fd);
  }
  say("{'state':'done','rounds':%d}", kRounds);
  await_line("quit");
}
