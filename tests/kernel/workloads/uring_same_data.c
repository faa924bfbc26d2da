// SPDX-License-Identifier: Apache-2.0
// argv: MODE. 31 READs of 31 pipes wait at once, and all have the user_data 0. They are satisfied in another
// order, the one of pipe i with i + 1 bytes, which says which it was.
//   plain     nothing more
//   overflow  in a ring whose completion queue holds 8, so that 23 do not fit
//   batch     the same, and all find their bytes as they are submitted, 8 at a time and in order
#include <string.h>
#include <unistd.h>

#include "uring.h"

enum { kPipes = 31, kStep = 12, kRoom = 8 };  // 12 and 31 have no common divisor: every pipe gets its turn

static int ends[kPipes][2];
static char bytes[kPipes][64];

static void submit(struct ring* ring, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    struct io_uring_sqe* const entry = ring_next(ring);
    io_uring_prep_read(entry, ends[i][0], bytes[i], sizeof bytes[i], 0);
    entry->user_data = 0;
    ring_also(ring, "'args':{'count':%zu}", sizeof bytes[i]);
  }
  ring_submit(ring, 0);
}

static void fill(int which) {
  must_be(write(ends[which][1], bytes[0], (size_t)which + 1) == which + 1);
}

static void reap(struct ring* ring, bool overflow) {
  struct journal_completion* const got = ring_reap(ring);
  if (got->op == kSeveralOps) ring_is(ring, got, got->res - 1);
  must_be(got->op == got->res - 1);
  got->overflow = overflow;
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool batch = strcmp(argv[1], "batch") == 0, overflows = batch || strcmp(argv[1], "overflow") == 0;
  struct ring* const ring = overflows ? ring_open(8, kRoom, 0) : ring_open(32, 0, 0);
  for (int i = 0; i < kPipes; ++i) must(pipe(ends[i]));
  say("{'state':'ready','first_pipe':%d}", ends[0][0]);
  await_line("go");

  for (int i = 0; batch && i < kPipes; ++i) fill(i);
  for (int i = 0; i < kPipes; i += overflows ? kRoom : kPipes)
    submit(ring, i, overflows ? (kPipes - i < kRoom ? kPipes - i : kRoom) : kPipes);
  for (int i = 0; !batch && i < kPipes; ++i) {
    fill((i * kStep + 5) % kPipes);
    if (!overflows) reap(ring, false);
  }
  if (overflows) must_be(ring_waiting(ring) == kRoom);
  for (int i = 0; overflows && i < kPipes; ++i) reap(ring, i >= kRoom);
  say_add("{'state':'done','ring':");
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
