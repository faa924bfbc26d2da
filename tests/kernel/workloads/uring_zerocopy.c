// SPDX-License-Identifier: Apache-2.0
// argv: MODE. 7 SEND_ZC of 1000 bytes on as many connections: each completes twice, with its result (MORE)
// and when the kernel needs the bytes no longer (NOTIF), which is once the peer has read them. All results
// come first; then 5 NOPs for each, for which the kernel uses the requests of those sends again; then the
// peers read, the last connection first. One more SEND_ZC fails: its connection is shut down (EPIPE).
//   plain   all names differ      same   all have one name; `which` is told by the order in which the peers
//   read
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uring.h"

// On loopback bytes are copied as soon as they are sent. So that they are not, a window's worth and more
// stands before them, which the peer reads when it shall.
enum { kSends = 7, kBytes = 1000, kNops = 5, kBefore = 64 * 1024 };

static char bytes[kBytes];
static int client[kSends], server[kSends];

static void send_once(struct ring* ring, int which, uint64_t name) {
  struct io_uring_sqe* const entry = ring_next(ring);
  io_uring_prep_send_zc(entry, client[which], bytes, kBytes, MSG_NOSIGNAL, 0);
  if (name) entry->user_data = name;
  ring_also(ring, "'args':{'len':%d,'flags':['MSG_NOSIGNAL']}", kBytes);
  ring_submit(ring, 0);
}

static struct journal_completion* next_of(struct ring* ring, int op) {
  struct journal_completion* const got = ring_reap(ring);
  if (got->op == kSeveralOps) ring_is(ring, got, op);
  must_be(got->op == op);
  return got;
}

static void read_all(int fd) {
  static char got[kBefore + kBytes];
  for (size_t have = 0; have < sizeof got;) have += (size_t)must(read(fd, got, sizeof got - have));
}

static void make_connections(void) {
  static char before[kBefore];
  const int small = 4096, large = 1 << 20;
  uint16_t port;
  const int listener = tcp_listener(kSends, &port);
  must(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small));
  for (int i = 0; i < kSends; ++i) {
    client[i] = connect_to(port);
    server[i] = (int)must(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    must(setsockopt(client[i], SOL_SOCKET, SO_SNDBUF, &large, sizeof large));
    must_be(write(client[i], before, kBefore) == kBefore);
  }
}

static void use_requests_again(struct ring* ring) {
  const int first = ring->ops;
  for (int i = 0; i < kNops; ++i) io_uring_prep_nop(ring_next(ring));
  ring_submit(ring, kNops);
  for (int i = 0; i < kNops; ++i) ring_expect(ring, first + i, 0);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  make_connections();
  struct ring* const ring = ring_open(8, 0, 0);
  ring_needs(ring, IORING_OP_SEND_ZC, "IORING_OP_SEND_ZC", "6.0");
  say("{'state':'ready'}");
  await_line("go");

  for (int i = 0; i < kSends; ++i) {
    send_once(ring, i, strcmp(argv[1], "same") == 0 ? 0xce : 0);
    const struct journal_completion* const got = next_of(ring, i);
    must_be(got->res == kBytes && got->flags == IORING_CQE_F_MORE);
  }
  for (int i = 0; i < kSends; ++i) use_requests_again(ring);
  for (int i = kSends - 1; i >= 0; --i) {
    read_all(server[i]);
    must_be(next_of(ring, i)->flags == IORING_CQE_F_NOTIF);
  }
  must(shutdown(client[0], SHUT_WR));
  send_once(ring, 0, 0);
  const int last = ring->ops - 1;
  while (!ring->op[last].done) must_be(ring_reap(ring)->op == last);
  must_be(ring->op[last].answered);
  say_add("{'state':'done','sends':%d,'ring':", kSends);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
