// SPDX-License-Identifier: Apache-2.0
// Two epoll instances, each with one item, both registered with the data 0x1234567890abcdef: the instance
// alone tells them apart. 7 reports by the first, 13 by the second. A third instance has two items with that
// data: what it returns (3 times) cannot be told apart. Everything is registered before the recording except
// the third instance.
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

static const uint64_t kData = 0x1234567890abcdefULL;

static void report(int epfd, int fd, int times) {
  struct epoll_event event;
  eventfd_add(fd);
  for (int i = 0; i < times; ++i) must_be(epoll_wait(epfd, &event, 1, -1) == 1 && event.data.u64 == kData);
  eventfd_take(fd);
}

int main(void) {
  const int first = (int)must(epoll_create1(0)), second = (int)must(epoll_create1(0));
  const int one = (int)must(eventfd(0, 0)), two = (int)must(eventfd(0, 0));
  watch_data(first, one, EPOLLIN, kData);
  watch_data(second, two, EPOLLIN, kData);
  say("{'state':'ready','first':%d,'second':%d,'one':%d,'two':%d,'data':'0x%lx'}", first, second, one, two,
      kData);
  await_line("go");

  report(first, one, 7);
  report(second, two, 13);
  const int third = (int)must(epoll_create1(0));
  watch_data(third, one, EPOLLIN, kData);
  watch_data(third, two, EPOLLIN, kData);
  report(third, two, 3);
  must(epoll_ctl(third, EPOLL_CTL_DEL, one, NULL));
  report(third, two, 2);
  say("{'state':'done','first_reports':7,'second_reports':13,'third':%d,'ambiguous':3,'unambiguous':2}",
      third);
  await_line("quit");
}
