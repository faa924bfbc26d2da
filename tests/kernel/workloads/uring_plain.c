// SPDX-License-Identifier: Apache-2.0
// argv: MODE. The same operations through rings of every kind: 7 rounds of five NOPs in one submission, a
// READ of 3 bytes, OPENAT, a WRITE of 2 bytes, CLOSE and an OPENAT2 that fails.
//   plain          nothing special
//   late           the ring is made after "go"
//   defer          SINGLE_ISSUER and DEFER_TASKRUN
//   sqpoll         a kernel thread submits: no io_uring_enter at all
//   sqpoll_asleep  the thread sleeps each time: an io_uring_enter for each submission
//   wide           SQE128 and CQE32
//   no_sqarray     6.6+
//   registered     io_uring_enter is given a registered index
//   late_no_fd     6.5+: made after "go", without a descriptor, only a registered index
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <unistd.h>

#include "uring.h"

enum { kRounds = 7, kNops = 5 };

static int to_read, to_write;  // a pipe

static const struct {
  const char* name;
  unsigned flags;
} kModes[] = {
    {"plain", 0},
    {"late", 0},
    {"defer", IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN},
    {"sqpoll", IORING_SETUP_SQPOLL},
    {"sqpoll_asleep", IORING_SETUP_SQPOLL},
    {"wide", IORING_SETUP_SQE128 | IORING_SETUP_CQE32},
    {"no_sqarray", kSetupNoSqarray},
    {"registered", 0},
    {"late_no_fd", kSetupRegisteredFdOnly | kSetupNoSqarray},
};

static struct ring* make(const char* mode) {
  for (size_t i = 0; i < sizeof kModes / sizeof kModes[0]; ++i) {
    if (strcmp(mode, kModes[i].name) != 0) continue;
    if (strcmp(mode, "sqpoll_asleep") == 0) ring_polls_for_ms = 1;
    struct ring* const ring = ring_open(16, 0, kModes[i].flags);
    if (strcmp(mode, "registered") == 0) ring_register(ring);
    return ring;
  }
  must_be(!"a mode");
  return NULL;
}

static void submit_one(struct ring* ring, int res) {
  const int op = ring->ops - 1;
  ring_submit(ring, 1);
  ring_expect(ring, op, res);
}

static void nops(struct ring* ring) {
  const int first = ring->ops;
  for (int i = 0; i < kNops; ++i) io_uring_prep_nop(ring_next(ring));
  ring_submit(ring, kNops);
  for (int i = 0; i < kNops; ++i) ring_expect(ring, first + i, 0);
}

static int open_null(struct ring* ring) {
  io_uring_prep_openat(ring_next(ring), AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC, 0);
  ring_also(ring, "'args':{'dirfd':'AT_FDCWD','pathname':'/dev/null','flags':['O_WRONLY','O_CLOEXEC']}");
  ring_submit(ring, 1);
  return (int)must(ring_reap(ring)->res);
}

static void round_of(struct ring* ring) {
  static char bytes[16];
  static struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS};

  nops(ring);
  must_be(write(to_write, "abc", 3) == 3);
  io_uring_prep_read(ring_next(ring), to_read, bytes, sizeof bytes, 0);
  ring_also(ring, "'args':{'count':%zu}", sizeof bytes);
  submit_one(ring, 3);
  const int fd = open_null(ring);
  io_uring_prep_write(ring_next(ring), fd, bytes, 2, 0);
  ring_also(ring, "'args':{'count':2}");
  submit_one(ring, 2);
  io_uring_prep_close(ring_next(ring), fd);
  submit_one(ring, 0);
  io_uring_prep_openat2(ring_next(ring), AT_FDCWD, "/nonexistent/file", &how);
  ring_also(ring,
            "'args':{'dirfd':'AT_FDCWD','pathname':'/nonexistent/file','flags':['O_RDONLY'],"
            "'resolve':['RESOLVE_NO_SYMLINKS']}");
  submit_one(ring, -ENOENT);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool late = strncmp(argv[1], "late", 4) == 0;
  int ends[2];
  must(pipe2(ends, O_CLOEXEC));
  to_read = ends[0];
  to_write = ends[1];
  struct ring* ring = late ? NULL : make(argv[1]);
  say("{'state':'ready','pipe':[%d,%d]}", to_read, to_write);
  await_line("go");

  if (late) ring = make(argv[1]);
  for (int i = 0; i < kRounds; ++i) round_of(ring);
  say_add("{'state':'done','rounds':%d,'ring':", kRounds);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
