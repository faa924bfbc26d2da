// SPDX-License-Identifier: Apache-2.0
// Unix listeners: by path (argv[1]), abstract with a zero byte and a byte that is not UTF-8 in its name,
// abstract and sequenced-packet. 5, 7 and 3 connections. The first exists before the recording, the others
// are made in it.
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "workload.h"

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static int make_listener(int type, const char* name, size_t length, int backlog) {
  memcpy(address.sun_path, name, length);
  const int fd = (int)must(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  must(bind(fd, (struct sockaddr*)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)));
  must(listen(fd, backlog));
  return fd;
}

static void accept_some(int listener, int type, size_t length, int count) {
  for (int i = 0; i < count; ++i) {
    const int client = (int)must(socket(AF_UNIX, type, 0));
    must(connect(client, (struct sockaddr*)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)));
    must(close((int)must(accept4(listener, NULL, NULL, 0))));
    must(close(client));
  }
}

int main(int argc, char** argv) {
  must_be(argc == 2);
  const size_t length = strlen(argv[1]) + 1;
  char abstract[64], packets[64];
  abstract[0] = packets[0] = 0;
  const size_t abstract_length = 1 + (size_t)must(__builtin_sprintf(abstract + 1, "loopscope-%d", getpid()));
  const size_t packets_length = 1 + (size_t)must(__builtin_sprintf(packets + 1, "zero-%d-\xff", getpid()));

  const int by_path = make_listener(SOCK_STREAM, argv[1], length, 11);
  say("{'state':'ready','by_path':%d,'inode':%lu,'backlog':11}", by_path, inode_of(by_path));
  await_line("go");

  accept_some(by_path, SOCK_STREAM, length, 5);
  const int stream = make_listener(SOCK_STREAM, abstract, abstract_length, 13);
  accept_some(stream, SOCK_STREAM, abstract_length, 7);
  const int packet = make_listener(SOCK_SEQPACKET, packets, packets_length, 17);
  accept_some(packet, SOCK_SEQPACKET, packets_length, 3);
  say("{'state':'done','abstract':%d,'abstract_inode':%lu,'abstract_name':'loopscope-%d','packets':%d,"
      "'packets_inode':%lu,'packets_pid':%d,'accepts':[5,7,3]}",
      stream, inode_of(stream), getpid(), packet, inode_of(packet), getpid());
  await_line("quit");
}
