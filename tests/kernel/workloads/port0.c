// SPDX-License-Identifier: Apache-2.0
// A listener made during the recording and bound to port 0: what bind is told and what the socket gets
// differ. Then listen is called again with another backlog. 2 connections before, 3 after.
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

static void accept_some(int listener, uint16_t port, int count) {
  for (int i = 0; i < count; ++i) {
    const int client = connect_to(port);
    must(close((int)must(accept(listener, NULL, NULL))));
    must(close(client));
  }
}

int main(void) {
  uint16_t port;
  say("{'state':'ready'}");
  await_line("go");

  const int listener = tcp_listener(23, &port);
  accept_some(listener, port, 2);
  must(listen(listener, 29));
  accept_some(listener, port, 3);
  say("{'state':'done','listener':%d,'port':%d,'inode':%lu,'accepts':5,'backlog':29}", listener, port,
      inode_of(listener));
  await_line("quit");
}
