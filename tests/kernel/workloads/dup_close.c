// SPDX-License-Identifier: Apache-2.0
// One listener under many numbers: dup, dup2, dup3, fcntl(F_DUPFD) and fcntl(F_DUPFD_CLOEXEC) name the same
// open file. 5 connections are accepted through the first number, which is then closed, and 7 through the
// last.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

static void accept_through(int fd, uint16_t port, int count) {
  for (int i = 0; i < count; ++i) {
    const int client = connect_to(port);
    const int connection = (int)must(accept4(fd, NULL, NULL, 0));
    must(close(connection));
    must(close(client));
  }
}

int main(void) {
  uint16_t port;
  const int first = tcp_listener(19, &port);
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d}", first, inode_of(first), port);
  await_line("go");

  accept_through(first, port, 5);
  const int copies[] = {(int)must(dup(first)), (int)must(dup2(first, 101)),
                        (int)must(dup3(first, 102, O_CLOEXEC)), (int)must(fcntl(first, F_DUPFD, 103)),
                        (int)must(fcntl(first, F_DUPFD_CLOEXEC, 104))};
  must(close(first));
  for (int i = 0; i < 4; ++i) must(close(copies[i]));
  accept_through(copies[4], port, 7);
  say("{'state':'done','accepts_first':5,'accepts_last':7,'last':%d,'copies':[%d,%d,%d,%d,%d]}", copies[4],
      copies[0], copies[1], copies[2], copies[3], copies[4]);
  await_line("quit");
}
