// SPDX-License-Identifier: Apache-2.0
// argv: KIND BATCHES. After "go", BATCHES submissions of 32 operations at full speed.
//   nop    NOPs
//   mixed  in an order that does not repeat soon: NOP (0), READ of a descriptor there is none of
//          (EBADF), SHUTDOWN of what is no socket (ENOTSOCK), EPOLL_CTL that changes (0), EPOLL_CTL that
//          deletes nothing (ENOENT): every kind has a result, and its loss a class, of its own
// Every operation completes while it is submitted; the results are counted, not written down. `unharmed` is 1
// unless one was not as it must be. "mark" makes one read() that fails, "more" ends it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uring.h"

enum { kBatch = 32 };
enum kind { kNop, kRead, kShutdown, kModify, kDelete, kKinds };
static const int kResult[kKinds] = {0, -EBADF, -ENOTSOCK, 0, -ENOENT};

static struct io_uring io;
static int epfd, watched, unwatched;
static long made[kKinds];
static bool mixed, harmed;
static uint64_t number;

static enum kind next_kind(void) {
  static uint64_t state = 1;
  if (!mixed) return kNop;
  state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth's
  return (enum kind)((state >> 33) % kKinds);
}

static void prepare(struct io_uring_sqe* entry, enum kind kind) {
  static struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1};
  static char byte;
  switch (kind) {
    case kRead:
      io_uring_prep_read(entry, 999, &byte, 1, 0);
      break;
    case kShutdown:
      io_uring_prep_shutdown(entry, watched, SHUT_WR);
      break;
    case kModify:
      io_uring_prep_epoll_ctl(entry, epfd, watched, EPOLL_CTL_MOD, &event);
      break;
    case kDelete:
      io_uring_prep_epoll_ctl(entry, epfd, unwatched, EPOLL_CTL_DEL, &event);
      break;
    default:
      io_uring_prep_nop(entry);
  }
  // The kind stands in the lowest digit, so that a completion can be checked by its name alone.
  entry->user_data = number++ * 16 + kind;
  ++made[kind];
}

static void reap_batch(void) {
  unsigned head, count = 0;
  struct io_uring_cqe* cqe;
  io_uring_for_each_cqe(&io, head, cqe) {
    if (cqe->res != kResult[cqe->user_data & 15]) harmed = true;
    ++count;
  }
  io_uring_cq_advance(&io, count);
  if (count != kBatch) harmed = true;
}

static void run_batch(void) {
  for (int i = 0; i < kBatch; ++i) prepare(io_uring_get_sqe(&io), next_kind());
  if (io_uring_submit_and_wait(&io, kBatch) != kBatch) harmed = true;
  reap_batch();
}

int main(int argc, char** argv) {
  must_be(argc == 3);
  mixed = strcmp(argv[1], "mixed") == 0;
  const long batches = atol(argv[2]);
  must(io_uring_queue_init(2 * kBatch, &io, 0));
  epfd = (int)must(epoll_create1(0));
  watched = (int)must(eventfd(0, EFD_NONBLOCK));
  unwatched = (int)must(eventfd(0, EFD_NONBLOCK));
  watch(epfd, watched, EPOLLIN);
  say("{'state':'ready','epfd':%d,'fd':%d,'watched':%d}", epfd, io.ring_fd, watched);
  await_line("go");

  for (long i = 0; i < batches; ++i) run_batch();
  say("{'state':'burst over','enters':%ld,'made':[%ld,%ld,%ld,%ld,%ld],'unharmed':%d}", batches, made[0],
      made[1], made[2], made[3], made[4], !harmed);
  int marks = 0;
  while (next_line_is("mark")) {
    char byte;
    must_be(read(watched, &byte, 1) == -1 && errno == EINVAL);
    say("{'state':'marked','marks':%d}", ++marks);
  }
  // Once more, now that there is room: 32 that have to be there, each with its completion.
  run_batch();
  say("{'state':'done','made':[%ld,%ld,%ld,%ld,%ld],'unharmed':%d}", made[0], made[1], made[2], made[3],
      made[4], !harmed);
  await_line("quit");
}
