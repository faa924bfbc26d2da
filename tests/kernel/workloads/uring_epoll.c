// SPDX-License-Identifier: Apache-2.0
// argv: MODE. An epoll instance whose interest list is changed through a ring alone, and that is waited on
// with epoll_wait. It watches a pipe by epoll_ctl before the recording. Through the ring: 5 eventfds are
// added with data of which one is larger than 2^53; 3 are changed (events, data); 2 are deleted; 3 changes
// fail (EEXIST, ENOENT, EBADF). Then each that is left becomes ready once, and once all do.
//   plain    the ring submits by io_uring_enter     sqpoll   a kernel thread does
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "uring.h"

enum { kEvents = 5 };

static int epfd, event_fd[kEvents], ends[2];

static void control(struct ring* ring, int op, int fd, const char* names, uint32_t events, uint64_t data,
                    int res) {
  static const char* const kOps[] = {"", "EPOLL_CTL_ADD", "EPOLL_CTL_DEL", "EPOLL_CTL_MOD"};
  struct epoll_event event = {.events = events, .data.u64 = data};
  io_uring_prep_epoll_ctl(ring_next(ring), epfd, fd, op, &event);
  if (op == EPOLL_CTL_DEL)
    ring_also(ring, "'args':{'op':'%s','fd':%d}", kOps[op], fd);
  else
    ring_also(ring, "'args':{'op':'%s','fd':%d,'events':[%s],'data':'0x%llx'}", kOps[op], fd, names,
              (unsigned long long)data);
  ring_submit(ring, 1);
  ring_expect(ring, ring->ops - 1, res);
}

// What is watched in the end: positions in event_fd, and with which data.
static const struct {
  int which;
  uint64_t data;
} kLeft[] = {{0, 0xfedcba9876543210}, {2, 22}, {4, 44}};
enum { kLeftCount = 3 };

static void change(struct ring* ring) {
  const char* const in = "'EPOLLIN'";
  control(ring, EPOLL_CTL_ADD, event_fd[0], in, EPOLLIN, 0xfedcba9876543210, 0);
  for (int i = 1; i < kEvents; ++i) control(ring, EPOLL_CTL_ADD, event_fd[i], in, EPOLLIN, (uint64_t)i, 0);
  control(ring, EPOLL_CTL_ADD, event_fd[1], in, EPOLLIN, 99, -EEXIST);
  control(ring, EPOLL_CTL_MOD, event_fd[2], "'EPOLLIN','EPOLLET'", EPOLLIN | EPOLLET, 222, 0);
  control(ring, EPOLL_CTL_MOD, event_fd[2], in, EPOLLIN, 22, 0);
  control(ring, EPOLL_CTL_MOD, event_fd[4], "'EPOLLIN','EPOLLRDHUP'", EPOLLIN | EPOLLRDHUP, 44, 0);
  control(ring, EPOLL_CTL_DEL, event_fd[1], "", 0, 0, 0);
  control(ring, EPOLL_CTL_DEL, event_fd[3], "", 0, 0, 0);
  control(ring, EPOLL_CTL_DEL, event_fd[3], "", 0, 0, -ENOENT);
  control(ring, EPOLL_CTL_ADD, 999, in, EPOLLIN, 9, -EBADF);
}

static void wait_each(void) {
  struct epoll_event event;
  for (int i = 0; i < kLeftCount; ++i) {
    eventfd_add(event_fd[kLeft[i].which]);
    must_be(epoll_wait(epfd, &event, 1, -1) == 1 && event.data.u64 == kLeft[i].data);
    eventfd_take(event_fd[kLeft[i].which]);
  }
}

static void wait_all(void) {
  struct epoll_event events[8];
  for (int i = 0; i < kEvents; ++i) eventfd_add(event_fd[i]);
  must_be(write(ends[1], "x", 1) == 1);
  must_be(epoll_wait(epfd, events, 8, -1) == kLeftCount + 1);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  epfd = (int)must(epoll_create1(EPOLL_CLOEXEC));
  for (int i = 0; i < kEvents; ++i) event_fd[i] = (int)must(eventfd(0, EFD_NONBLOCK));
  must(pipe(ends));
  watch_data(epfd, ends[0], EPOLLIN, 0x919e);
  struct ring* const ring = ring_open(8, 0, strcmp(argv[1], "sqpoll") == 0 ? IORING_SETUP_SQPOLL : 0);
  ring_needs(ring, IORING_OP_EPOLL_CTL, "IORING_OP_EPOLL_CTL", "5.6");
  say("{'state':'ready','epfd':%d,'pipe':%d,'event_fds':[%d,%d,%d,%d,%d]}", epfd, ends[0], event_fd[0],
      event_fd[1], event_fd[2], event_fd[3], event_fd[4]);
  await_line("go");

  change(ring);
  wait_each();
  wait_all();
  say_add("{'state':'done','left':[");
  for (int i = 0; i < kLeftCount; ++i)
    say_add("%s[%d,'0x%llx']", i ? "," : "", event_fd[kLeft[i].which], (unsigned long long)kLeft[i].data);
  say_add("],'ring':");
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
