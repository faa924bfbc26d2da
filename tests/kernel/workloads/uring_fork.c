// SPDX-License-Identifier: Apache-2.0
// A ring that a child inherits by fork, and both use: 5 READs by the parent, then 7 by the child, of a pipe
// that the child opened itself, so that its number is another file in the parent or none, then 3 more by the
// parent. An OPENAT by the child gives the child a descriptor, not the parent.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uring.h"

static void reads(struct ring* ring, const int* ends, int count) {
  static char byte;
  for (int i = 0; i < count; ++i) {
    must_be(write(ends[1], "x", 1) == 1);
    const int op = ring->ops;
    io_uring_prep_read(ring_next(ring), ends[0], &byte, 1, 0);
    ring_also(ring, "'args':{'count':1}");
    ring_submit(ring, 1);
    ring_expect(ring, op, 1);
  }
}

static void child(struct ring* ring, int* of_child) {
  must(pipe(of_child));
  reads(ring, of_child, 7);
  io_uring_prep_openat(ring_next(ring), AT_FDCWD, "/dev/null", O_RDONLY, 0);
  ring_also(ring, "'args':{'dirfd':'AT_FDCWD','pathname':'/dev/null','flags':['O_RDONLY']}");
  ring_submit(ring, 1);
  of_child[2] = (int)must(ring_reap(ring)->res);
  _exit(0);
}

int main(void) {
  int ends[2];
  struct ring* const ring = ring_open(8, 0, 0);
  int* const of_child = (int*)ring_share(3 * sizeof(int));
  must(pipe(ends));
  say("{'state':'ready'}");
  await_line("go");

  reads(ring, ends, 5);
  const pid_t pid = (pid_t)must(fork());
  if (pid == 0) child(ring, of_child);
  wait_for_exit(pid, 0);
  must_be(fcntl(of_child[2], F_GETFD) == -1);
  reads(ring, ends, 3);
  say_add("{'state':'done','child':%d,'child_pipe':%d,'child_opened':%d,'ring':", pid, of_child[0],
          of_child[2]);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
