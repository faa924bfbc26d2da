// SPDX-License-Identifier: Apache-2.0
// close() of a watched number while a dup of it lives does not end the registration (epoll(7), question 6):
// epoll reports the closed number's data 11 more times, and EPOLL_CTL_DEL of the number is EBADF. Then the
// number is used again by an eventfd, registered with other data, and reported 5 times. Closing the dup ends
// the first.
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

enum { kOldReports = 11, kNewReports = 5 };

int main(void) {
  const int epfd = (int)must(epoll_create1(0));
  const int original = (int)must(eventfd(0, EFD_NONBLOCK));
  watch_data(epfd, original, EPOLLIN, 0xdead0000feedULL);
  say("{'state':'ready','epfd':%d,'original':%d}", epfd, original);
  await_line("go");

  struct epoll_event events[4];
  const int copy = (int)must(dup(original));
  must(close(original));
  eventfd_add(copy);
  for (int i = 0; i < kOldReports; ++i)
    must_be(epoll_wait(epfd, events, 4, -1) == 1 && events[0].data.u64 == 0xdead0000feedULL);
  must_be(epoll_ctl(epfd, EPOLL_CTL_DEL, original, NULL) == -1 && errno == EBADF);
  eventfd_take(copy);

  const int reused = (int)must(eventfd(0, EFD_NONBLOCK));
  must_be(reused == original);
  watch_data(epfd, reused, EPOLLIN, 0xbeef0000cafeULL);
  eventfd_add(reused);
  for (int i = 0; i < kNewReports; ++i)
    must_be(epoll_wait(epfd, events, 4, -1) == 1 && events[0].data.u64 == 0xbeef0000cafeULL);
  eventfd_add(copy);
  must_be(epoll_wait(epfd, events, 4, -1) == 2);
  must(close(copy));
  must_be(epoll_wait(epfd, events, 4, -1) == 1);
  say("{'state':'done','copy':%d,'old_reports':%d,'new_reports':%d,'both':1,'waits':%d,'old_data':'"
      "0xdead0000feed',"
      "'new_data':'0xbeef0000cafe'}",
      copy, kOldReports + 1, kNewReports + 2, kOldReports + kNewReports + 2);
  await_line("quit");
}
