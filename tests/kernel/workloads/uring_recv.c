// SPDX-License-Identifier: Apache-2.0
// argv: MODE. One RECV that receives 13 messages into buffers of a provided ring (group 7, buffers 0 to 4).
//   plain   each buffer is given back; the peer ends the stream     armed   the RECV was submitted before
//   "ready" scarce  none is given back: after 5 messages the sixth finds none (ENOBUFS), which ends the RECV
//   three   three RECVs at once, on three connections, all with one user_data, 13 messages of lengths that
//   tell them apart
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uring.h"

enum { kGroup = 7, kBuffers = 5, kBytes = 128, kMessages = 13, kConnections = 3 };

static int near_end[kConnections], far_end[kConnections];
static struct io_uring_buf_ring* buffers;
static char* memory;

static void give(int buffer) {
  io_uring_buf_ring_add(buffers, memory + buffer * kBytes, kBytes, (uint16_t)buffer,
                        io_uring_buf_ring_mask(8), 0);
  io_uring_buf_ring_advance(buffers, 1);
}

static void provide(struct ring* ring) {
  void* const pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must_be(pages != MAP_FAILED);
  buffers = pages;
  memory = (char*)pages + 4096;
  struct io_uring_buf_reg place = {.ring_addr = (uintptr_t)pages, .ring_entries = 8, .bgid = kGroup};
  must_be(io_uring_register_buf_ring(&ring->io, &place, 0) == 0);
  io_uring_buf_ring_init(buffers);
  for (int i = 0; i < kBuffers; ++i) give(i);
}

static void receive(struct ring* ring, int which, uint64_t name) {
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_recv_multishot(entry, near_end[which], NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kGroup;
  if (name) entry->user_data = name;
  ring_also(ring, "'multishot':true,'buf_group':%d,'args':{'len':0}", kGroup);
  ring_submit(ring, 0);
}

static struct journal_completion* next_of(struct ring* ring, int op) {
  struct journal_completion* const got = ring_reap(ring);
  if (got->op == kSeveralOps) ring_is(ring, got, op);
  must_be(got->op == op);
  return got;
}

static void message(struct ring* ring, int which, bool give_back) {
  static const char kText[100];
  const int length = 10 * (which + 1);
  must_be(write(far_end[which], kText, (size_t)length) == length);
  const struct journal_completion* const got = next_of(ring, which);
  must_be(got->res == length && got->flags & IORING_CQE_F_MORE && got->flags & IORING_CQE_F_BUFFER);
  if (give_back) give((int)(got->flags >> IORING_CQE_BUFFER_SHIFT));
}

static void scarce(struct ring* ring) {
  for (int i = 0; i < kBuffers; ++i) message(ring, 0, false);
  must_be(write(far_end[0], "none", 4) == 4);
  const struct journal_completion* const got = next_of(ring, 0);
  must_be(got->res == -ENOBUFS && !(got->flags & IORING_CQE_F_MORE));
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool armed = strcmp(argv[1], "armed") == 0;
  const int connections = strcmp(argv[1], "three") == 0 ? kConnections : 1;
  uint16_t port;
  const int listener = tcp_listener(3, &port);
  struct ring* const ring = ring_open(8, 0, 0);
  provide(ring);
  for (int i = 0; i < kConnections; ++i) {
    far_end[i] = connect_to(port);
    near_end[i] = (int)must(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
  }
  if (armed) {
    receive(ring, 0, 0);
    ring_mark(ring);
  }
  say("{'state':'ready','near':[%d,%d,%d],'far':[%d,%d,%d]}", near_end[0], near_end[1], near_end[2],
      far_end[0], far_end[1], far_end[2]);
  await_line("go");

  for (int i = 0; !armed && i < connections; ++i) receive(ring, i, connections > 1 ? 0x777 : 0);
  if (strcmp(argv[1], "scarce") == 0) {
    scarce(ring);
  } else {
    for (int i = 0; i < kMessages; ++i)
      for (int j = 0; j < connections; ++j) message(ring, j, true);
    for (int i = 0; i < connections; ++i) {
      must(close(far_end[i]));
      must_be(next_of(ring, i)->res == 0);
    }
  }
  say_add("{'state':'done','messages':%d,'ring':", kMessages);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
