// SPDX-License-Identifier: Apache-2.0
// A server of the old kind, in the mode argv[1]: `accept` blocks in accept(2), `poll`, `ppoll`, `select` and
// `pselect` watch the listener and every connection. Answers each request with a line and closes. Runs until
// SIGTERM. Prints {"state":"ready", …} when it serves.
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { kMostDescriptors = 64 };

static const char kAnswer[] = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

static void answer(int connection) {
  char request[4096];
  if (read(connection, request, sizeof request) > 0)
    must(send(connection, kAnswer, sizeof kAnswer - 1, MSG_NOSIGNAL));
  must(close(connection));
}

static void serve_one_at_a_time(int listener) {
  for (;;) answer((int)must(accept(listener, NULL, NULL)));
}

// The ready ones among `fds` get POLLIN in revents, whatever call finds them.
static void wait_by_select(struct pollfd* fds, int count, bool with_pselect) {
  fd_set readable;
  int highest = 0;
  FD_ZERO(&readable);
  for (int i = 0; i < count; ++i) {
    FD_SET(fds[i].fd, &readable);
    if (fds[i].fd > highest) highest = fds[i].fd;
  }
  if (with_pselect)
    must(pselect(highest + 1, &readable, NULL, NULL, NULL, NULL));
  else
    must(select(highest + 1, &readable, NULL, NULL, NULL));
  for (int i = 0; i < count; ++i) fds[i].revents = FD_ISSET(fds[i].fd, &readable) ? POLLIN : 0;
}

static void serve_many(int listener, const char* mode) {
  struct pollfd fds[kMostDescriptors] = {{.fd = listener, .events = POLLIN}};
  int count = 1;
  for (;;) {
    if (strcmp(mode, "poll") == 0)
      must(poll(fds, (nfds_t)count, -1));
    else if (strcmp(mode, "ppoll") == 0)
      must(ppoll(fds, (nfds_t)count, NULL, NULL));
    else
      wait_by_select(fds, count, strcmp(mode, "pselect") == 0);
    for (int i = count - 1; i > 0; --i) {
      if (!fds[i].revents) continue;
      answer(fds[i].fd);
      fds[i] = fds[--count];
    }
    if (fds[0].revents && count < kMostDescriptors)
      fds[count++] = (struct pollfd){.fd = (int)must(accept(listener, NULL, NULL)), .events = POLLIN};
  }
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  uint16_t port;
  const int listener = tcp_listener(43, &port);
  make_blocking(listener);
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d}", listener, inode_of(listener), port);
  if (strcmp(argv[1], "accept") == 0) serve_one_at_a_time(listener);
  serve_many(listener, argv[1]);
}
