// SPDX-License-Identifier: Apache-2.0
// One epoll instance reached through two numbers: registered through the first, waited for through the
// second, 19 times; the item is then removed through the second, and the first waits in vain once.
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

enum { kReports = 19 };

int main(void) {
  const int epfd = (int)must(epoll_create1(0));
  const int before = (int)must(dup(epfd));
  say("{'state':'ready','epfd':%d,'before':%d}", epfd, before);
  await_line("go");

  struct epoll_event event;
  const int during = (int)must(dup(epfd));
  const int fd = (int)must(eventfd(1, 0));
  watch_data(epfd, fd, EPOLLIN, 0xffffffff00000006ULL);
  for (int i = 0; i < kReports; ++i)
    must_be(epoll_wait(i % 2 ? before : during, &event, 1, -1) == 1 &&
            event.data.u64 == 0xffffffff00000006ULL);
  must(epoll_ctl(before, EPOLL_CTL_DEL, fd, NULL));
  must_be(epoll_wait(epfd, &event, 1, 0) == 0);
  say("{'state':'done','during':%d,'fd':%d,'reports':%d,'data':'0xffffffff00000006'}", during, fd, kReports);
  await_line("quit");
}
