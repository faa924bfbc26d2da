// SPDX-License-Identifier: Apache-2.0
// Entries the kernel refuses as it takes them: 3 operations there are none of (0xf0), a NOP with a flag there
// is none of, a READ under a personality there is none of; and a chain whose second link is refused, by which
// the first is cancelled. A refused entry ends the submission: what stands behind it is taken by the next
// io_uring_enter.
#include <errno.h>
#include <unistd.h>

#include "uring.h"

enum { kNoSuchOp = 0xf0, kNoSuchFlag = 0x80 };

static void two_refused_of_three(struct ring* ring) {
  const int first = ring->ops;
  for (int i = 0; i < 3; ++i) {
    struct io_uring_sqe* const entry = ring_next(ring);
    entry->opcode = i == 1 ? IORING_OP_NOP : kNoSuchOp;
    if (i == 1) {
      entry->fd = -1;
    } else {
      entry->fd = 0;
      ring_also(ring, "'error':'EINVAL'");
    }
  }
  must_be(ring_submit_some(ring) == 1);
  must_be(ring_submit_some(ring) == 2);
  ring_expect(ring, first, -EINVAL);
  for (int i = 0; i < 2; ++i) {  // 6.1 completes what is refused first
    const struct journal_completion* const got = ring_reap(ring);
    must_be(got->op == first + 1 ? got->res == 0 : got->op == first + 2 && got->res == -EINVAL);
  }
}

static void one(struct ring* ring, int error) {
  must_be(ring_submit_some(ring) == 1);
  ring_expect(ring, ring->ops - 1, -error);
}

static void broken_chain(struct ring* ring) {
  const int first = ring->ops;
  struct io_uring_sqe* entry = ring_next(ring);
  io_uring_prep_nop(entry);
  entry->flags |= IOSQE_IO_LINK;
  entry = ring_next(ring);
  entry->opcode = kNoSuchOp;
  ring_also(ring, "'error':'EINVAL'");
  must_be(ring_submit_some(ring) == 2);
  for (int i = 0; i < 2; ++i) {
    const struct journal_completion* const got = ring_reap(ring);
    must_be(got->op == first ? got->res == -ECANCELED : got->op == first + 1 && got->res == -EINVAL);
  }
}

int main(void) {
  static char byte;
  struct ring* const ring = ring_open(8, 0, 0);
  say("{'state':'ready'}");
  await_line("go");

  two_refused_of_three(ring);
  ring_next(ring)->opcode = kNoSuchOp;
  ring_also(ring, "'error':'EINVAL'");
  one(ring, EINVAL);
  struct io_uring_sqe* entry = ring_next(ring);
  io_uring_prep_nop(entry);
  entry->flags |= kNoSuchFlag;
  ring_also(ring, "'error':'EINVAL'");
  one(ring, EINVAL);
  entry = ring_next(ring);
  io_uring_prep_read(entry, 0, &byte, 1, 0);
  entry->personality = 77;
  ring_also(ring, "'error':'EINVAL','args':{'count':1}");
  one(ring, EINVAL);
  broken_chain(ring);
  say_add("{'state':'done','ring':");
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
