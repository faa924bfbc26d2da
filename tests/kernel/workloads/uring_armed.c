// SPDX-License-Identifier: Apache-2.0
// 11 operations that wait since before the recording, in this order: ACCEPT, ACCEPT (many times), RECV,
// POLL_ADD, POLL_ADD (many times), READ of a pipe, RECV on the same socket as the first, ACCEPT on a unix
// socket, POLL_ADD for nothing that ever happens, ACCEPT that is cancelled, TIMEOUT of ten minutes that is
// removed. After "go" each gets what it waits for; the ACCEPT and the POLL_ADD of the second kind 5 times.
// The POLL_ADD for nothing is still there in the end.
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "uring.h"

enum {
  kAccept,
  kAcceptMany,
  kRecv,
  kPoll,
  kPollMany,
  kRead,
  kRecvAgain,
  kAcceptUnix,
  kNever,
  kCancelled,
  kTimeout,
  kOps
};
enum { kMany = 5 };

static uint16_t port[3];
static int listener[3], unix_listener, near_end, far_end, event_fd, polled[2], ends[2], never[2];
static char bytes[2][32];

static void arm_accepts(struct ring* ring) {
  io_uring_prep_accept(ring_next(ring), listener[0], NULL, NULL, SOCK_CLOEXEC);
  io_uring_prep_multishot_accept(ring_next(ring), listener[1], NULL, NULL, SOCK_CLOEXEC);
  ring_also(ring, "'multishot':true");
}

static void arm(struct ring* ring) {
  static struct __kernel_timespec ten_minutes = {.tv_sec = 600};
  arm_accepts(ring);
  io_uring_prep_recv(ring_next(ring), near_end, bytes[0], sizeof bytes[0], 0);
  io_uring_prep_poll_add(ring_next(ring), polled[0], POLLIN);
  io_uring_prep_poll_multishot(ring_next(ring), event_fd, POLLIN);
  ring_also(ring, "'multishot':true");
  io_uring_prep_read(ring_next(ring), ends[0], bytes[1], 7, 0);
  io_uring_prep_recv(ring_next(ring), near_end, bytes[0], sizeof bytes[0], 0);
  io_uring_prep_accept(ring_next(ring), unix_listener, NULL, NULL, 0);
  io_uring_prep_poll_add(ring_next(ring), never[0], POLLIN);
  io_uring_prep_accept(ring_next(ring), listener[2], NULL, NULL, 0);
  io_uring_prep_timeout(ring_next(ring), &ten_minutes, 0, 0);
  must_be(ring->ops == kOps);
  ring_submit(ring, 0);
  ring_mark(ring);
}

static void accepts(struct ring* ring) {
  must(close(connect_to(port[0])));
  must(close((int)must(ring_result(ring, kAccept))));
  for (int i = 0; i < kMany; ++i) {
    ring->op[kAcceptMany].answered = false;
    must(close(connect_to(port[1])));
    must(close((int)must(ring_result(ring, kAcceptMany))));
  }
}

static int connect_unix(const struct sockaddr_un* address, socklen_t length) {
  const int fd = (int)must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  must(connect(fd, (const struct sockaddr*)address, length));
  return fd;
}

// Which of the two gets it is the kernel's choice.
static void receive(struct ring* ring, int length) {
  must_be(write(far_end, "1234567890a", (size_t)length) == length);
  const struct journal_completion* const got = ring_reap(ring);
  must_be((got->op == kRecv || got->op == kRecvAgain) && got->res == length);
}

static void satisfy(struct ring* ring) {
  receive(ring, 11);
  must_be(write(polled[1], "x", 1) == 1 && ring_result(ring, kPoll) == POLLIN);
  for (int i = 0; i < kMany; ++i) {
    ring->op[kPollMany].answered = false;
    eventfd_add(event_fd);
    must_be(ring_result(ring, kPollMany) == POLLIN);
    eventfd_take(event_fd);
  }
  must_be(write(ends[1], "1234567", 7) == 7 && ring_result(ring, kRead) == 7);
  receive(ring, 3);
}

static void cancel(struct ring* ring) {
  io_uring_prep_cancel64(ring_next(ring), ring->op[kCancelled].entry.user_data, 0);
  must_be(ring_do(ring) == 0 && ring_result(ring, kCancelled) == -ECANCELED);
  io_uring_prep_timeout_remove(ring_next(ring), ring->op[kTimeout].entry.user_data, 0);
  must_be(ring_do(ring) == 0 && ring_result(ring, kTimeout) == -ECANCELED);
}

int main(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const socklen_t length = sizeof(sa_family_t) + 6;  // the kernel's choice of name
  struct ring* const ring = ring_open(16, 0, 0);
  for (int i = 0; i < 3; ++i) listener[i] = tcp_listener(3, &port[i]);
  far_end = connect_to(port[0]);
  near_end = (int)must(accept4(listener[0], NULL, NULL, SOCK_CLOEXEC));
  unix_listener = (int)must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  socklen_t got = sizeof address;
  must(bind(unix_listener, (struct sockaddr*)&address, sizeof(sa_family_t)));
  must(listen(unix_listener, 3));
  must(getsockname(unix_listener, (struct sockaddr*)&address, &got));
  must_be(got == length);
  event_fd = (int)must(eventfd(0, 0));
  must(pipe(polled));
  must(pipe(ends));
  must(pipe(never));
  arm(ring);
  say("{'state':'ready','listener':%d}", listener[0]);
  await_line("go");

  accepts(ring);
  satisfy(ring);
  must(close(connect_unix(&address, length)));
  must(close((int)must(ring_result(ring, kAcceptUnix))));
  cancel(ring);
  must_be(!ring->op[kNever].done);
  say_add("{'state':'done','never':%d,'ring':", kNever);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
