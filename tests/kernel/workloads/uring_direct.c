// SPDX-License-Identifier: Apache-2.0
// argv: MODE. Sockets that never have a descriptor: they are accepted into the slots of a table of 8.
//   plain    3 connections into slot 5, one after the other; 2 into slots of the kernel's choice; each
//   receives 5 bytes,
//            sends 7 and is closed, by its slot. Then an ACCEPT completes 5 times, and the 5 are closed
//   install  one connection, which then gets a descriptor as well (6.8+), by which it is read; and a SOCKET
//   made in a slot
//   armed    the ACCEPT that completes 5 times is submitted before "ready"
// `descriptors` is how many the process had after all of it, `descriptors_before` before.
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uring.h"

enum { kSlots = 8, kMany = 5 };

static uint16_t port;
static char bytes[64];

static int count_descriptors(void) {
  DIR* const folder = opendir("/proc/self/fd");
  must_be(folder != NULL);
  int count = -3;  // ".", ".." and the folder itself
  while (readdir(folder) != NULL) ++count;
  closedir(folder);
  return count;
}

static void by_slot(struct ring* ring, int op, int slot, unsigned length, int res) {
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_rw(op, entry, slot, bytes, length, 0);
  entry->flags |= IOSQE_FIXED_FILE;
  ring_also(ring, "'args':{'len':%u}", length);
  must_be(ring_do(ring) == res);
}

static void close_slot(struct ring* ring, int slot) {
  io_uring_prep_close_direct(ring_next(ring), (unsigned)slot);
  ring_also(ring, "'slot':%d", slot);
  must_be(ring_do(ring) == 0);
}

static int accept_into(struct ring* ring, int listener, unsigned slot) {
  io_uring_prep_accept_direct(ring_next(ring), listener, NULL, NULL, 0, slot);
  if (slot == IORING_FILE_INDEX_ALLOC - 1)
    ring_also(ring, "'direct':'alloc'");
  else
    ring_also(ring, "'direct':%u", slot);
  const int got = (int)must(ring_do(ring));
  return slot == IORING_FILE_INDEX_ALLOC - 1 ? got : (int)slot;
}

static void converse(struct ring* ring, int listener, unsigned wanted) {
  const int client = connect_to(port);
  const int slot = accept_into(ring, listener, wanted);
  must_be(write(client, "hello", 5) == 5);
  by_slot(ring, IORING_OP_RECV, slot, sizeof bytes, 5);
  by_slot(ring, IORING_OP_SEND, slot, 7, 7);
  must_be(read(client, bytes, sizeof bytes) == 7);
  close_slot(ring, slot);
  must_be(read(client, bytes, sizeof bytes) == 0);
  must(close(client));
}

static int begin_many(struct ring* ring, int listener) {
  io_uring_prep_multishot_accept_direct(ring_next(ring), listener, NULL, NULL, 0);
  ring_also(ring, "'multishot':true,'direct':'alloc'");
  ring_submit(ring, 0);
  return ring->ops - 1;
}

static void accept_many(struct ring* ring, int op) {
  int client[kMany], slot[kMany];
  for (int i = 0; i < kMany; ++i) {
    client[i] = connect_to(port);
    const struct journal_completion* const got = ring_reap(ring);
    must_be(got->op == op && got->flags & IORING_CQE_F_MORE);
    slot[i] = (int)must(got->res);
  }
  for (int i = 0; i < kMany; ++i) {
    close_slot(ring, slot[i]);
    must(close(client[i]));
  }
}

static void install(struct ring* ring, int listener) {
  const int client = connect_to(port);
  const int slot = accept_into(ring, listener, 2);
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_rw(kOpFixedFdInstall, entry, slot, NULL, 0, 0);
  entry->flags |= IOSQE_FIXED_FILE;
  const int fd = (int)must(ring_do(ring));
  must_be(write(client, "install", 7) == 7 && read(fd, bytes, sizeof bytes) == 7);
  close_slot(ring, slot);
  must(close(fd));
  must_be(read(client, bytes, 1) == 0);
  must(close(client));
  io_uring_prep_socket_direct(ring_next(ring), AF_UNIX, SOCK_STREAM, 0, 6, 0);
  ring_also(ring, "'direct':6,'args':{'domain':'AF_UNIX','type':['SOCK_STREAM'],'protocol':0}");
  must_be(ring_do(ring) == 0);
  close_slot(ring, 6);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const bool installs = strcmp(argv[1], "install") == 0, armed = strcmp(argv[1], "armed") == 0;
  const int listener = tcp_listener(17, &port);
  struct ring* const ring = ring_open(8, 0, 0);
  if (installs) ring_needs(ring, kOpFixedFdInstall, "IORING_OP_FIXED_FD_INSTALL", "6.8");
  must_be(io_uring_register_files_sparse(&ring->io, kSlots) == 0);
  if (armed) {
    begin_many(ring, listener);
    ring_mark(ring);
  }
  const int before = count_descriptors();
  say("{'state':'ready','listener':%d,'port':%d}", listener, port);
  await_line("go");

  if (installs) {
    install(ring, listener);
  } else if (armed) {
    accept_many(ring, 0);
  } else {
    for (int i = 0; i < 3; ++i) converse(ring, listener, 5);
    for (int i = 0; i < 2; ++i) converse(ring, listener, IORING_FILE_INDEX_ALLOC - 1);
    accept_many(ring, begin_many(ring, listener));
  }
  say_add("{'state':'done','descriptors_before':%d,'descriptors':%d,'ring':", before, count_descriptors());
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
