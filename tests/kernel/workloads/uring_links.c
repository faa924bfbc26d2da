// SPDX-License-Identifier: Apache-2.0
// Operations that wait for each other.
//   7 chains READ → WRITE → NOP that go through
//   5 chains whose READ fails (EBADF): the WRITE and the NOP behind it are cancelled
//   3 chains linked hard, whose READ fails: the rest goes on
//   2 READs of an empty pipe with a LINK_TIMEOUT of 3 ms that ends them; the pipe's reader is named `empty`
#include <errno.h>
#include <unistd.h>

#include "uring.h"

static int full[2], sink[2], empty[2];
static char byte;

static void chain(struct ring* ring, int from, unsigned char link) {
  struct io_uring_sqe* entry = ring_next(ring);
  io_uring_prep_read(entry, from, &byte, 1, 0);
  entry->flags |= link;
  ring_also(ring, "'args':{'count':1}");
  entry = ring_next(ring);
  io_uring_prep_write(entry, sink[1], &byte, 1, 0);
  entry->flags |= link;
  ring_also(ring, "'args':{'count':1}");
  io_uring_prep_nop(ring_next(ring));
  ring_submit(ring, 3);
}

static void expect_three(struct ring* ring, int first, int read_res, int write_res, int nop_res) {
  const int res[] = {read_res, write_res, nop_res};
  for (int i = 0; i < 3; ++i) {
    const struct journal_completion* const got = ring_reap(ring);
    must_be(got->op >= first && got->op < first + 3 && got->res == res[got->op - first]);
  }
}

static void timed_out(struct ring* ring) {
  static struct __kernel_timespec limit = {.tv_nsec = 3 * 1000 * 1000};
  const int first = ring->ops;
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_read(entry, empty[0], &byte, 1, 0);
  entry->flags |= IOSQE_IO_LINK;
  ring_also(ring, "'args':{'count':1}");
  io_uring_prep_link_timeout(ring_next(ring), &limit, 0);
  ring_also(ring, "'timeout_ns':3000000");
  ring_submit(ring, 2);
  for (int i = 0; i < 2; ++i) {
    const struct journal_completion* const got = ring_reap(ring);
    must_be(got->op == first ? got->res == -ECANCELED : got->op == first + 1 && got->res == -ETIME);
  }
}

int main(void) {
  struct ring* const ring = ring_open(8, 0, 0);
  must(pipe(full));
  must(pipe(sink));
  must(pipe(empty));
  must_be(write(full[1], "0123456", 7) == 7);
  say("{'state':'ready','full':%d,'sink':%d,'empty':%d}", full[0], sink[1], empty[0]);
  await_line("go");

  for (int i = 0; i < 7; ++i) {
    chain(ring, full[0], IOSQE_IO_LINK);
    expect_three(ring, 3 * i, 1, 1, 0);
  }
  for (int i = 7; i < 12; ++i) {
    chain(ring, 999, IOSQE_IO_LINK);
    expect_three(ring, 3 * i, -EBADF, -ECANCELED, -ECANCELED);
  }
  for (int i = 12; i < 15; ++i) {
    chain(ring, 999, IOSQE_IO_HARDLINK);
    expect_three(ring, 3 * i, -EBADF, 1, 0);
  }
  for (int i = 0; i < 2; ++i) timed_out(ring);
  say_add("{'state':'done','ring':");
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
