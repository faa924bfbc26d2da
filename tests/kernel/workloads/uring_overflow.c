// SPDX-License-Identifier: Apache-2.0
// A completion queue of 4. Each of 5 rounds submits 4 NOPs, which fill it, then 3, for which there is no
// room, makes room for 2 and submits 1 more, which has to wait behind those 3. `overflow` is told by the
// queue itself: what is not in it after the submission has not fitted. Then the program asks for the rest.
#include <unistd.h>

#include "uring.h"

enum { kRounds = 5, kEntries = 4, kTooMany = 3, kRoom = 2 };

static bool overflowed[kMostOps];

static void submit_nops(struct ring* ring, int count) {
  const unsigned before = ring_waiting(ring);
  const int first = ring->ops;
  for (int i = 0; i < count; ++i) io_uring_prep_nop(ring_next(ring));
  ring_submit(ring, 0);
  const int fitted = (int)(ring_waiting(ring) - before);
  for (int i = fitted; i < count; ++i) overflowed[first + i] = true;
}

static void reap(struct ring* ring, int count) {
  for (int i = 0; i < count; ++i) {
    struct journal_completion* const got = ring_reap(ring);
    must_be(got->res == 0);
    got->overflow = overflowed[got->op];
  }
}

int main(void) {
  struct ring* const ring = ring_open(kEntries, kEntries, 0);
  say("{'state':'ready'}");
  await_line("go");

  int total = 0;
  for (int i = 0; i < kRounds; ++i) {
    submit_nops(ring, kEntries);
    must_be(ring_waiting(ring) == kEntries);
    submit_nops(ring, kTooMany);
    must_be(ring_waiting(ring) == kEntries);
    reap(ring, kRoom);
    submit_nops(ring, 1);
    reap(ring, kEntries + kTooMany - kRoom + 1);
  }
  for (int i = 0; i < ring->ops; ++i) total += overflowed[i];
  must_be(total >= kRounds * kTooMany);
  say_add("{'state':'done','overflowed':%d,'ring':", total);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
