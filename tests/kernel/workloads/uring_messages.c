// SPDX-License-Identifier: Apache-2.0
// argv: MODE. 11 messages from one ring to another: each is an operation of the first, and a completion in
// the second that no operation of the second belongs to. Between them, the second does 11 NOPs of its own.
//   plain    all names differ
//   aliased  a POLL_ADD that may complete many times waits in the second ring, and its name is that of the
//   messages
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "uring.h"

enum { kMessages = 11, kName = 0x7000, kAlias = 0x5000 };

static void message(struct ring* from, struct ring* to, int number, uint64_t name) {
  io_uring_prep_msg_ring(ring_next(from), to->fd, (unsigned)number, name, 0);
  must_be(ring_do(from) == 0);
  struct journal_completion* const got = ring_reap(to);
  must_be(got->res == number && got->flags == 0);
  if (got->op >= 0) to->op[got->op].done = false;  // by its name it was the POLL_ADD's
  got->op = kNoOp;
  io_uring_prep_nop(ring_next(to));
  must_be(ring_do(to) == 0);
}

static void poll_once(struct ring* ring, const int* ends) {
  char byte;
  must_be(write(ends[1], "x", 1) == 1);
  const struct journal_completion* const got = ring_reap(ring);
  must_be(got->op == 0 && got->res == POLLIN && got->flags & IORING_CQE_F_MORE);
  must_be(read(ends[0], &byte, 1) == 1);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool aliased = strcmp(argv[1], "aliased") == 0;
  int ends[2];
  struct ring *const from = ring_open(8, 0, 0), *const to = ring_open(8, 0, 0);
  ring_needs(from, IORING_OP_MSG_RING, "IORING_OP_MSG_RING", "5.18");
  must(pipe(ends));
  say("{'state':'ready'}");
  await_line("go");

  if (aliased) {
    struct io_uring_sqe* const entry = ring_next(to);
    io_uring_prep_poll_multishot(entry, ends[0], POLLIN);
    entry->user_data = kAlias;
    ring_also(to, "'multishot':true,'poll':['POLLIN']");
    ring_submit(to, 0);
  }
  for (int i = 0; i < kMessages; ++i) {
    message(from, to, i + 1, aliased ? kAlias : kName + (uint64_t)i);
    if (aliased) poll_once(to, ends);
  }
  say_add("{'state':'done','messages':%d,'from':", kMessages);
  ring_say(from);
  say_add(",'to':");
  ring_say(to);
  say_add("}");
  say_send();
  await_line("quit");
}
