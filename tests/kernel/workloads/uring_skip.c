// SPDX-License-Identifier: Apache-2.0
// Operations that want no completion unless they fail (IOSQE_CQE_SKIP_SUCCESS): 13 NOPs and 5 READs that
// succeed and have none, 3 READs that fail and have one. A NOP without the flag closes every batch, so that
// the end of it can be awaited.
#include <errno.h>
#include <unistd.h>

#include "uring.h"

static int ends[2];

static void quiet_nop(struct ring* ring) {
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_nop(entry);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

static void quiet_read(struct ring* ring, int from) {
  static char byte;
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_read(entry, from, &byte, 1, 0);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  ring_also(ring, "'args':{'count':1}");
}

static void close_batch(struct ring* ring) {
  io_uring_prep_nop(ring_next(ring));
  ring_submit(ring, 1);
  ring_expect(ring, ring->ops - 1, 0);
}

int main(void) {
  struct ring* const ring = ring_open(16, 0, 0);
  must(pipe(ends));
  must_be(write(ends[1], "01234", 5) == 5);
  say("{'state':'ready'}");
  await_line("go");

  for (int i = 0; i < 13; ++i) quiet_nop(ring);
  close_batch(ring);
  for (int i = 0; i < 5; ++i) quiet_read(ring, ends[0]);
  close_batch(ring);
  for (int i = 0; i < 3; ++i) {
    quiet_read(ring, 999);
    ring_submit(ring, 1);
    ring_expect(ring, ring->ops - 1, -EBADF);
  }
  say_add("{'state':'done','skipped':18,'ring':");
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
