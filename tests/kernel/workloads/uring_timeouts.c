// SPDX-License-Identifier: Apache-2.0
// argv: MODE.
//   plain      3 TIMEOUTs of 2 ms that expire; one that two other completions satisfy; one of ten minutes
//   that is removed;
//              one to a point of CLOCK_MONOTONIC that has been, 1 ns
//   multishot  one of 1 ms that expires 5 times (6.4+)
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "uring.h"

enum { kMultishot = 1 << 6 };  // IORING_TIMEOUT_MULTISHOT

static struct __kernel_timespec two_ms = {.tv_nsec = 2 * 1000 * 1000}, one_ms = {.tv_nsec = 1000 * 1000};
static struct __kernel_timespec ten_minutes = {.tv_sec = 600}, long_ago = {.tv_nsec = 1};

static int submit_timeout(struct ring* ring, struct __kernel_timespec* time, unsigned count, unsigned flags) {
  io_uring_prep_timeout(ring_next(ring), time, count, flags);
  ring_also(ring, "%s'timeout_ns':%lld", flags & kMultishot ? "'multishot':true," : "",
            time->tv_sec * 1000000000LL + time->tv_nsec);
  ring_submit(ring, 0);
  return ring->ops - 1;
}

static void plain(struct ring* ring) {
  for (int i = 0; i < 3; ++i) must_be(ring_result(ring, submit_timeout(ring, &two_ms, 0, 0)) == -ETIME);
  const int counted = submit_timeout(ring, &ten_minutes, 2, 0);
  for (int i = 0; i < 2; ++i) {
    io_uring_prep_nop(ring_next(ring));
    must_be(ring_do(ring) == 0);
  }
  must_be(ring_result(ring, counted) == 0);
  const int removed = submit_timeout(ring, &ten_minutes, 0, 0);
  io_uring_prep_timeout_remove(ring_next(ring), ring->op[removed].entry.user_data, 0);
  must_be(ring_do(ring) == 0);
  must_be(ring_result(ring, removed) == -ECANCELED);
  must_be(ring_result(ring, submit_timeout(ring, &long_ago, 0, IORING_TIMEOUT_ABS)) == -ETIME);
}

static void multishot(struct ring* ring) {
  const int op = submit_timeout(ring, &one_ms, 5, kMultishot);
  for (int i = 0; i < 5; ++i) must_be(ring_reap(ring)->res == -ETIME);
  must_be(ring->op[op].done);
}

static void need_multishot(void) {
  struct ring* const ring = ring_open(8, 0, 0);
  const int op = submit_timeout(ring, &long_ago, 1, kMultishot);
  if (ring_result(ring, op) == -EINVAL) kernel_lacks("IORING_TIMEOUT_MULTISHOT", "6.4");
  ring_close(ring);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool many = strcmp(argv[1], "multishot") == 0;
  if (many) need_multishot();
  struct ring* const ring = ring_open(8, 0, 0);
  say("{'state':'ready'}");
  await_line("go");

  if (many)
    multishot(ring);
  else
    plain(ring);
  say_add("{'state':'done','ring':");
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
