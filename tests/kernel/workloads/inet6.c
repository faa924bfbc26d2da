// SPDX-License-Identifier: Apache-2.0
// Two IPv6 listeners: [::1], with 3 connections, and [::ffff:127.0.0.1], reached over IPv4, with 5. `skip`
// says that this machine has no IPv6.
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

static int make_listener(const char* text, uint16_t* port) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6};
  socklen_t length = sizeof address;
  must_be(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, length) < 0) {
    must_be(errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
    say("{'state':'skip','why':'this machine has no IPv6 loopback address'}");
    _exit(0);
  }
  must(listen(fd, 9));
  must(getsockname(fd, (struct sockaddr*)&address, &length));
  *port = ntohs(address.sin6_port);
  return fd;
}

static void accept_one(int listener, int client) {
  must(close((int)must(accept4(listener, NULL, NULL, 0))));
  must(close(client));
}

static int connect_to6(uint16_t port) {
  const struct sockaddr_in6 address = {
      .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  const int fd = (int)must(socket(AF_INET6, SOCK_STREAM, 0));
  must(connect(fd, (const struct sockaddr*)&address, sizeof address));
  return fd;
}

int main(void) {
  uint16_t port, mapped_port;
  const int listener = make_listener("::1", &port);
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d}", listener, inode_of(listener), port);
  await_line("go");

  for (int i = 0; i < 3; ++i) accept_one(listener, connect_to6(port));
  const int mapped = make_listener("::ffff:127.0.0.1", &mapped_port);
  for (int i = 0; i < 5; ++i) accept_one(mapped, connect_to(mapped_port));
  say("{'state':'done','mapped':%d,'mapped_inode':%lu,'mapped_port':%d,'accepts':3,'mapped_accepts':5}",
      mapped, inode_of(mapped), mapped_port);
  await_line("quit");
}
