// SPDX-License-Identifier: Apache-2.0
// argv: MODE. 13 READs that are given to a worker thread at once (IOSQE_ASYNC), and 11 between them that are
// not; all find bytes in their pipe.
//   plain   the worker posts the completion      defer   DEFER_TASKRUN: it is posted by the thread that waits
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "uring.h"

enum { kAsync = 13, kInline = 11 };

static void read_byte(struct ring* ring, int from, unsigned char flags) {
  static char byte;
  const int op = ring->ops;
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_read(entry, from, &byte, 1, 0);
  entry->flags |= flags;
  ring_also(ring, "'args':{'count':1}");
  ring_submit(ring, 1);
  ring_expect(ring, op, 1);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool defer = strcmp(argv[1], "defer") == 0;
  int ends[2];
  struct ring* const ring =
      ring_open(8, 0, defer ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN : 0);
  must(pipe2(ends, O_NONBLOCK));  // before 6.5 a pipe that may block is read by a worker only
  must_be(write(ends[1], "0123456789abcdefghijklmn", kAsync + kInline) == kAsync + kInline);
  say("{'state':'ready'}");
  await_line("go");

  for (int i = 0; i < kAsync; ++i) {
    read_byte(ring, ends[0], IOSQE_ASYNC);
    if (i < kInline) read_byte(ring, ends[0], 0);
  }
  say_add("{'state':'done','async':%d,'inline':%d,'ring':", kAsync, kInline);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
