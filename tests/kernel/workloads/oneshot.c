// SPDX-License-Identifier: Apache-2.0
// EPOLLONESHOT: reported once, then silent until re-armed. 19 rounds of: report, empty wait, EPOLL_CTL_MOD
// with data that counts the rounds.
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

enum { kRounds = 19 };

int main(void) {
  const int epfd = (int)must(epoll_create1(0));
  const int fd = (int)must(eventfd(1, 0));
  watch_data(epfd, fd, EPOLLIN | EPOLLONESHOT, 1000);
  say("{'state':'ready','epfd':%d,'fd':%d}", epfd, fd);
  await_line("go");

  for (uint64_t i = 0; i < kRounds; ++i) {
    struct epoll_event event;
    must_be(epoll_wait(epfd, &event, 1, -1) == 1 && event.data.u64 == 1000 + i);
    must_be(epoll_wait(epfd, &event, 1, 0) == 0);
    struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 1001 + i};
    must(epoll_ctl(epfd, EPOLL_CTL_MOD, fd, &again));
  }
  say("{'state':'done','rounds':%d}", kRounds);
  await_line("quit");
}
