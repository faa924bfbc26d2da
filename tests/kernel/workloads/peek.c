// SPDX-License-Identifier: Apache-2.0
// Requests, and what is none, on both ends of a TCP connection and on a pair of sockets that nobody accepted.
// Who reads with which call, and what, is in tests/kernel/test_peek.py.
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "workload.h"

static char buffer[1024];

static void say_to(int fd, const char* bytes, size_t size) {
  must_be(write(fd, bytes, size) == (ssize_t)size);
}

static void hear(int fd, size_t size) {
  must_be(read(fd, buffer, sizeof(buffer)) == (ssize_t)size);
}

static void hear_in_pieces(int fd, size_t size) {
  struct iovec pieces[2] = {{buffer, 4}, {buffer + 4, sizeof(buffer) - 4}};
  must_be(readv(fd, pieces, 2) == (ssize_t)size);
}

static void hear_message(int fd, size_t size) {
  struct iovec piece = {buffer, sizeof(buffer)};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  must_be(recvmsg(fd, &message, 0) == (ssize_t)size);
}

int main(void) {
  uint16_t port = 0;
  int pair[2];
  const int listener = tcp_listener(8, &port);
  make_blocking(listener);
  const int before = connect_to(port);
  const int open_before = (int)must(accept(listener, NULL, NULL));
  say("{'state':'ready','listener':%d,'open_before':%d}", listener, open_before);
  await_line("go");

  say_to(before, "GET /before", 11);
  hear(open_before, 11);

  const int client = connect_to(port);
  const int server = (int)must(accept(listener, NULL, NULL));
  say_to(client, "GET /read HTTP/1.1\r\n", 20);
  hear(server, 20);
  say_to(client, "more", 4);
  hear(server, 4);
  say_to(server, "answer", 6);
  hear(client, 6);
  say_to(client, "GET /readv", 10);
  hear_in_pieces(server, 10);
  say_to(server, "answer", 6);
  hear(client, 6);
  say_to(client, "\x16\xff\x01", 3);
  hear_message(server, 3);
  say_to(server, "answer", 6);
  hear(client, 6);
  memset(buffer, 'x', 100);
  say_to(client, buffer, 100);
  must_be(recvfrom(server, buffer, sizeof(buffer), 0, NULL, NULL) == 100);

  must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  say_to(pair[0], "secret", 6);
  hear(pair[1], 6);
  say("{'state':'done','client':%d,'server':%d,'pair':[%d,%d]}", client, server, pair[0], pair[1]);
  await_line("quit");
}
