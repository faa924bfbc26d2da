// SPDX-License-Identifier: Apache-2.0
// A listener passed by SCM_RIGHTS to a child that was forked before it existed, together with an eventfd: two
// descriptors in one recvmsg. The child watches and accepts 11 connections on it; the parent has closed its
// own.
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { kConnections = 11 };

static void pass(int channel, const int fds[2]) {
  char byte = 'x', control[CMSG_SPACE(2 * sizeof(int))] = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr* const header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){
      .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(2 * sizeof(int))};
  memcpy(CMSG_DATA(header), fds, 2 * sizeof(int));
  must(sendmsg(channel, &message, 0));
}

static void take(int channel, int fds[2]) {
  char byte, control[CMSG_SPACE(2 * sizeof(int))];
  struct iovec data = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  must(recvmsg(channel, &message, MSG_CMSG_CLOEXEC));
  must_be(CMSG_FIRSTHDR(&message) && CMSG_FIRSTHDR(&message)->cmsg_len == CMSG_LEN(2 * sizeof(int)));
  memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), 2 * sizeof(int));
}

struct answer {
  int listener, event, epfd;
  unsigned long inode;
};

static void child(int channel) {
  int fds[2];
  char byte;
  take(channel, fds);
  const struct answer answer = {fds[0], fds[1], (int)must(epoll_create1(0)), inode_of(fds[0])};
  watch(answer.epfd, fds[0], EPOLLIN);
  must_be(write(channel, &answer, sizeof answer) == sizeof answer);
  for (int i = 0; i < kConnections; ++i) {
    struct epoll_event event;
    must_be(epoll_wait(answer.epfd, &event, 1, -1) == 1);
    must(close((int)must(accept4(fds[0], NULL, NULL, 0))));
  }
  must_be(write(channel, "x", 1) == 1);
  must_be(read(channel, &byte, 1) == 0);
  _exit(0);
}

int main(void) {
  int channel[2];
  uint16_t port;
  struct answer answer;
  char byte;
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
  const pid_t pid = (pid_t)must(fork());
  if (pid == 0) {
    must(close(channel[0]));
    child(channel[1]);
  }
  must(close(channel[1]));
  const int fds[2] = {tcp_listener(31, &port), (int)must(eventfd(0, 0))};
  say("{'state':'ready','child':%d,'listener':%d,'inode':%lu,'port':%d}", pid, fds[0], inode_of(fds[0]),
      port);
  await_line("go");

  pass(channel[0], fds);
  must(close(fds[0]));
  must_be(read(channel[0], &answer, sizeof answer) == sizeof answer);
  for (int i = 0; i < kConnections; ++i) must(close(connect_to(port)));
  must_be(read(channel[0], &byte, 1) == 1);
  say("{'state':'done','accepts':%d,'child_listener':%d,'child_event':%d,'child_epfd':%d,'child_inode':%lu}",
      kConnections, answer.listener, answer.event, answer.epfd, answer.inode);
  await_line("quit");
}
