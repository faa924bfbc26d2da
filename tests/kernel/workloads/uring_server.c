// SPDX-License-Identifier: Apache-2.0
// argv: MODE. A server and its clients that do everything through a ring: SOCKET, BIND, LISTEN, EPOLL_CTL,
// ACCEPT, CONNECT, SEND, RECV, SHUTDOWN, CLOSE. There is not one of these system calls. 13 connections, one
// at a time, each with a request of 5 bytes and an answer of 7.
//   ring     EPOLL_WAIT too is an operation (6.15+)      syscall   epoll_wait is a call (6.11+, for BIND and
//   LISTEN)
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uring.h"

enum { kConnections = 13, kRequest = 5, kAnswer = 7, kBytes = 64 };

static bool waits_in_ring;
static int epfd, waits;
static struct sockaddr_in address = {.sin_family = AF_INET};
static char bytes[kBytes];

static int make_socket(struct ring* ring) {
  io_uring_prep_socket(ring_next(ring), AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, 0);
  ring_also(ring, "'args':{'domain':'AF_INET','type':['SOCK_STREAM','SOCK_CLOEXEC'],'protocol':0}");
  return (int)must(ring_do(ring));
}

static void control(struct ring* ring, int op, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1000 + (uint64_t)fd};
  io_uring_prep_epoll_ctl(ring_next(ring), epfd, fd, op, &event);
  if (op == EPOLL_CTL_ADD)
    ring_also(ring, "'args':{'op':'EPOLL_CTL_ADD','fd':%d,'events':['EPOLLIN'],'data':'0x%x'}", fd,
              0x1000 + fd);
  else
    ring_also(ring, "'args':{'op':'EPOLL_CTL_DEL','fd':%d}", fd);
  must_be(ring_do(ring) == 0);
}

static int make_listener(struct ring* ring) {
  socklen_t length = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = make_socket(ring);
  io_uring_prep_rw(kOpBind, ring_next(ring), fd, &address, 0, sizeof address);
  ring_also(ring, "'args':{'addr':'127.0.0.1:0'}");
  must_be(ring_do(ring) == 0);
  io_uring_prep_rw(kOpListen, ring_next(ring), fd, NULL, 29, 0);
  ring_also(ring, "'args':{'backlog':29}");
  must_be(ring_do(ring) == 0);
  must(getsockname(fd, (struct sockaddr*)&address, &length));
  control(ring, EPOLL_CTL_ADD, fd);
  return fd;
}

// Begins to wait before there is anything; what the wait returns is asked for later.
static int begin_wait(struct ring* ring, struct epoll_event* event) {
  ++waits;
  if (!waits_in_ring) return -1;
  io_uring_prep_rw(kOpEpollWait, ring_next(ring), epfd, event, 3, 0);
  ring_also(ring, "'args':{'maxevents':3,'timeout':-1}");
  ring_submit(ring, 0);
  return ring->ops - 1;
}

static void finish_wait(struct ring* ring, int op, struct epoll_event* event, int fd) {
  must_be((op >= 0 ? ring_result(ring, op) : epoll_wait(epfd, event, 3, -1)) == 1);
  must_be(event->data.u64 == 0x1000 + (uint64_t)fd);
}

static void transfer(struct ring* ring, int op, int fd, unsigned length, int res) {
  io_uring_prep_rw(op, ring_next(ring), fd, bytes, length, 0);
  ring_also(ring, "'args':{'len':%u}", length);
  must_be(ring_do(ring) == res);
}

static void close_one(struct ring* ring, int fd) {
  io_uring_prep_close(ring_next(ring), fd);
  must_be(ring_do(ring) == 0);
}

static int begin_connection(struct ring* ring, int listener, int* client) {
  static struct epoll_event event;
  const int wait = begin_wait(ring, &event);
  *client = make_socket(ring);
  io_uring_prep_connect(ring_next(ring), *client, (struct sockaddr*)&address, sizeof address);
  ring_also(ring, "'args':{'addr':'127.0.0.1:%d'}", ntohs(address.sin_port));
  must_be(ring_do(ring) == 0);
  finish_wait(ring, wait, &event, listener);
  io_uring_prep_accept(ring_next(ring), listener, NULL, NULL, SOCK_CLOEXEC);
  ring_also(ring, "'args':{'flags':['SOCK_CLOEXEC']}");
  const int server = (int)must(ring_do(ring));
  control(ring, EPOLL_CTL_ADD, server);
  return server;
}

static void serve_one(struct ring* ring, int listener) {
  static struct epoll_event event;
  int client;
  const int server = begin_connection(ring, listener, &client);
  int wait = begin_wait(ring, &event);
  transfer(ring, IORING_OP_SEND, client, kRequest, kRequest);
  finish_wait(ring, wait, &event, server);
  transfer(ring, IORING_OP_RECV, server, kBytes, kRequest);
  transfer(ring, IORING_OP_SEND, server, kAnswer, kAnswer);
  transfer(ring, IORING_OP_RECV, client, kBytes, kAnswer);
  wait = begin_wait(ring, &event);
  io_uring_prep_shutdown(ring_next(ring), client, SHUT_WR);
  ring_also(ring, "'args':{'how':'SHUT_WR'}");
  must_be(ring_do(ring) == 0);
  finish_wait(ring, wait, &event, server);
  transfer(ring, IORING_OP_RECV, server, kBytes, 0);
  control(ring, EPOLL_CTL_DEL, server);
  close_one(ring, server);
  close_one(ring, client);
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  struct ring* const ring = ring_open(8, 0, 0);
  waits_in_ring = strcmp(argv[1], "ring") == 0;
  ring_needs(ring, kOpBind, "IORING_OP_BIND", "6.11");
  if (waits_in_ring) ring_needs(ring, kOpEpollWait, "IORING_OP_EPOLL_WAIT", "6.15");
  epfd = (int)must(epoll_create1(EPOLL_CLOEXEC));
  say("{'state':'ready','epfd':%d}", epfd);
  await_line("go");

  const int listener = make_listener(ring);
  for (int i = 0; i < kConnections; ++i) serve_one(ring, listener);
  say_add("{'state':'done','listener':%d,'inode':%lu,'port':%d,'accepts':%d,'waits':%d,'ring':", listener,
          inode_of(listener), ntohs(address.sin_port), kConnections, waits);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
}
