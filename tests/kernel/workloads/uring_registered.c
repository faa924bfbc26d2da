// SPDX-License-Identifier: Apache-2.0
// Registered files and buffers. 5 pipes are registered before the recording, in slots 0, 2, 4, 6, 8 of 11.
//   files    7 READs from each slot; then slots 2 and 4 get other pipes by io_uring_register, slot 6 by an
//   operation, and
//            each is read from 3 times more; a READ from the empty slot 1 and from slot 99, which is none,
//            fail
//   buffers  5 WRITE_FIXED and 5 READ_FIXED through a pipe, with the buffers 0, 3, 1, 2, 0
// `behind` is the descriptor whose file was in the slot, for each operation in order, -1 where there was
// none.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "uring.h"

enum { kPipes = 8, kRegistered = 5, kSlots = 11, kReads = 7, kReadsAfter = 3, kBuffers = 4, kBytes = 64 };

static int read_end[kPipes], write_end[kPipes];
static int behind[kMostOps];
static char memory[kBuffers][kBytes];

static void read_slot(struct ring* ring, int slot, int which) {
  static char bytes[kBytes];
  const int op = ring->ops;
  if (which >= 0) must_be(write(write_end[which], "slot", 4) == 4);
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_read(entry, slot, bytes, sizeof bytes, 0);
  entry->flags |= IOSQE_FIXED_FILE;
  ring_also(ring, "'args':{'count':%zu}", sizeof bytes);
  behind[op] = which >= 0 ? read_end[which] : -1;
  ring_submit(ring, 1);
  ring_expect(ring, op, which >= 0 ? 4 : -EBADF);
}

static void replace(struct ring* ring) {
  must_be(io_uring_register_files_update(&ring->io, 2, &read_end[5], 1) == 1);
  must_be(io_uring_register_files_update(&ring->io, 4, &read_end[6], 1) == 1);
  behind[ring->ops] = -1;
  io_uring_prep_files_update(ring_next(ring), &read_end[7], 1, 6);
  ring_submit(ring, 1);
  ring_expect(ring, ring->ops - 1, 1);
}

static void files(struct ring* ring) {
  for (int i = 0; i < kReads; ++i)
    for (int j = 0; j < kRegistered; ++j) read_slot(ring, 2 * j, j);
  replace(ring);
  for (int i = 0; i < kReadsAfter; ++i)
    for (int j = 0; j < 3; ++j) read_slot(ring, 2 + 2 * j, 5 + j);
  read_slot(ring, 1, -1);
  read_slot(ring, 99, -1);
}

static void buffers(struct ring* ring) {
  static const int kUsed[] = {0, 3, 1, 2, 0};
  for (int i = 0; i < 2 * 5; ++i) {
    const int op = ring->ops, buffer = kUsed[i / 2];
    if (i % 2 == 0)
      io_uring_prep_write_fixed(ring_next(ring), write_end[0], memory[buffer], 11, 0, buffer);
    else
      io_uring_prep_read_fixed(ring_next(ring), read_end[0], memory[buffer], kBytes, 0, buffer);
    ring_also(ring, "'buf_index':%d,'args':{'count':%d}", buffer, i % 2 ? kBytes : 11);
    behind[op] = -1;
    ring_submit(ring, 1);
    ring_expect(ring, op, 11);
  }
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  int slots[kSlots];
  struct iovec areas[kBuffers];
  struct ring* const ring = ring_open(8, 0, 0);
  memset(slots, -1, sizeof slots);
  for (int i = 0; i < kPipes; ++i) {
    int ends[2];
    must(pipe(ends));
    read_end[i] = ends[0];
    write_end[i] = ends[1];
    if (i < kRegistered) slots[2 * i] = ends[0];
  }
  for (int i = 0; i < kBuffers; ++i) areas[i] = (struct iovec){memory[i], kBytes};
  must_be(io_uring_register_files(&ring->io, slots, kSlots) == 0);
  must_be(io_uring_register_buffers(&ring->io, areas, kBuffers) == 0);
  say("{'state':'ready'}");
  await_line("go");

  if (strcmp(argv[1], "files") == 0)
    files(ring);
  else
    buffers(ring);
  say_add("{'state':'done','ring':");
  ring_say(ring);
  say_add(",'behind':[");
  for (int i = 0; i < ring->ops; ++i) say_add("%s%d", i ? "," : "", behind[i]);
  say_add("]}");
  say_send();
  await_line("quit");
}
