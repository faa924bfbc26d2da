// SPDX-License-Identifier: Apache-2.0
// argv: MODE. A listener accepts 23 connections with one ACCEPT that completes 23 times, and then once more
// because it is cancelled. Each connection is closed by both sides.
//   plain    the ACCEPT is submitted after "go"       armed    before "ready"
//   defer    as plain, in a ring with DEFER_TASKRUN   two      two listeners take turns, 23 connections each,
//   and both
//                                                              ACCEPTs have the same user_data
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uring.h"

enum { kConnections = 23 };

static uint16_t port[2];
static int listener[2];

static void submit_accept(struct ring* ring, int which, uint64_t name) {
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_multishot_accept(entry, listener[which], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (name) entry->user_data = name;
  ring_also(ring, "'multishot':true,'args':{'flags':['SOCK_CLOEXEC','SOCK_NONBLOCK']}");
  ring_submit(ring, 0);
}

static void accept_one(struct ring* ring, int op) {
  const int client = connect_to(port[op]);
  struct journal_completion* const got = ring_reap(ring);
  if (got->op == kSeveralOps) ring_is(ring, got, op);
  must_be(got->op == op && got->flags & IORING_CQE_F_MORE);
  must(close(client));
  must(close((int)must(got->res)));
}

// By its name, or, where two have it, by the listener.
static void cancel(struct ring* ring, int op, bool listener_named) {
  const int own = ring->ops;
  if (listener_named) {
    struct io_uring_sqe* const entry = ring_next(ring);
    io_uring_prep_cancel_fd(entry, listener[op], 0);
    ring_also(ring, "'fd':%d", listener[op]);
  } else {
    io_uring_prep_cancel64(ring_next(ring), ring->op[op].entry.user_data, 0);
  }
  ring_submit(ring, 1);
  for (int i = 0; i < 2; ++i) {
    struct journal_completion* const got = ring_reap(ring);
    if (got->op == kSeveralOps) ring_is(ring, got, op);
    must_be(got->op == own ? got->res == 0 : got->op == op && got->res == -ECANCELED && got->flags == 0);
  }
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool armed = strcmp(argv[1], "armed") == 0, two = strcmp(argv[1], "two") == 0;
  const bool defer = strcmp(argv[1], "defer") == 0;
  for (int i = 0; i < 2; ++i) listener[i] = tcp_listener(37, &port[i]);
  struct ring* const ring =
      ring_open(8, 0, defer ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN : 0);
  if (armed) {
    submit_accept(ring, 0, 0);
    ring_mark(ring);
  }
  say("{'state':'ready','listeners':[%d,%d],'inode':%lu,'ports':[%d,%d]}", listener[0], listener[1],
      inode_of(listener[0]), port[0], port[1]);
  await_line("go");

  const uint64_t name = two ? 0x5a5a5a5a5a5a5a5a : 0;
  for (int i = 0; !armed && i < (two ? 2 : 1); ++i) submit_accept(ring, i, name);
  for (int i = 0; i < kConnections; ++i)
    for (int j = 0; j < (two ? 2 : 1); ++j) accept_one(ring, j);
  for (int i = 0; i < (two ? 2 : 1); ++i) cancel(ring, i, two);
  say_add("{'state':'done','accepts':%d,'ring':", kConnections);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
