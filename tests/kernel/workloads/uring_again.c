// SPDX-License-Identifier: Apache-2.0
// argv: MODE.
//   again      7 rings one after the other, each made, given 3 NOPs and closed: the kernel is free to use the
//   same memory,
//              and the program gets the same descriptor
//   abandoned  a ring is closed with an ACCEPT and two POLL_ADDs still waiting in it; nobody reaps what
//   becomes of them.
//              The ACCEPT keeps the listener alive, whose end is awaited by the test
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "uring.h"

enum { kRings = 7, kNops = 3 };

static void again(void) {
  say_add("{'state':'done','rings':[");
  for (int i = 0; i < kRings; ++i) {
    struct ring* const ring = ring_open(8, 0, 0);
    for (int j = 0; j < kNops; ++j) io_uring_prep_nop(ring_next(ring));
    ring_submit(ring, kNops);
    for (int j = 0; j < kNops; ++j) ring_expect(ring, j, 0);
    if (i) say_add(",");
    ring_say(ring);
    ring_close(ring);
  }
  say_add("]}");
  say_send();
}

static void abandoned(int listener, const int* pipe_ends) {
  struct ring* const ring = ring_open(8, 0, 0);
  io_uring_prep_accept(ring_next(ring), listener, NULL, NULL, 0);
  for (int i = 0; i < 2; ++i) {
    io_uring_prep_poll_add(ring_next(ring), pipe_ends[0], POLLIN);
    ring_also(ring, "'poll':['POLLIN']");
  }
  ring_submit(ring, 0);
  must_be(ring_waiting(ring) == 0);
  ring_close(ring);
  must(close(listener));
  say_add("{'state':'done','ring':");
  ring_say(ring);
  say_add("}");
  say_send();
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  uint16_t port;
  int pipe_ends[2];
  const int listener = tcp_listener(3, &port);
  must(pipe(pipe_ends));
  say("{'state':'ready','listener':%d,'port':%d,'pipe':[%d,%d]}", listener, port, pipe_ends[0], pipe_ends[1]);
  await_line("go");
  if (strcmp(argv[1], "again") == 0)
    again();
  else
    abandoned(listener, pipe_ends);
  await_line("quit");
}
