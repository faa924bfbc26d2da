// SPDX-License-Identifier: Apache-2.0
// One listener, three worker processes, each with an epoll instance that watches it with EPOLLEXCLUSIVE. 29
// connections; who gets which is the kernel's affair, so each worker counts its own and says so at the end.
// The workers exist before the recording begins and are recorded by the parent's PID.
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { kWorkers = 3, kConnections = 29 };

struct tally {
  pid_t pid;
  int epfd, waits, reports, accepts, empty_accepts;
};

static void work(int listener, int stop, int answers) {
  struct tally tally = {.pid = getpid(), .epfd = (int)must(epoll_create1(EPOLL_CLOEXEC))};
  watch(tally.epfd, listener, EPOLLIN | EPOLLEXCLUSIVE);
  watch(tally.epfd, stop, EPOLLIN);
  must_be(write(answers, "r", 1) == 1);
  for (;;) {
    struct epoll_event events[2];
    const int count = epoll_wait(tally.epfd, events, 2, -1);
    // Attaching strace, which one of the tests does, interrupts epoll_wait.
    if (count == -1 && errno == EINTR) continue;
    must(count);
    ++tally.waits;
    bool stopping = false;
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == stop) {
        stopping = true;
        continue;
      }
      ++tally.reports;
      const int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
      if (connection < 0) {
        must_be(errno == EAGAIN);
        ++tally.empty_accepts;
        continue;
      }
      ++tally.accepts;
      must(close(connection));
      must_be(write(answers, "a", 1) == 1);
    }
    if (stopping) break;
  }
  must_be(write(answers, &tally, sizeof tally) == sizeof tally);
  _exit(0);
}

int main(void) {
  uint16_t port;
  int answers[2];
  pid_t workers[kWorkers];
  char byte;
  const int listener = tcp_listener(64, &port);
  const int stop = (int)must(eventfd(0, EFD_NONBLOCK));
  must(pipe(answers));
  for (int i = 0; i < kWorkers; ++i) {
    workers[i] = (pid_t)must(fork());
    if (workers[i] == 0) work(listener, stop, answers[1]);
    must_be(read(answers[0], &byte, 1) == 1 && byte == 'r');
  }
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d,'workers':[%d,%d,%d]}", listener,
      inode_of(listener), port, workers[0], workers[1], workers[2]);
  await_line("go");

  for (int i = 0; i < kConnections; ++i) {
    const int client = connect_to(port);
    must_be(read(answers[0], &byte, 1) == 1 && byte == 'a');
    must(close(client));
  }
  eventfd_add(stop);
  say_add("{'state':'done','accepts':%d,'workers':[", kConnections);
  for (int i = 0; i < kWorkers; ++i) {
    struct tally tally;
    must_be(read(answers[0], &tally, sizeof tally) == sizeof tally);
    say_add("%s{'pid':%d,'epfd':%d,'waits':%d,'reports':%d,'accepts':%d,'empty_accepts':%d}", i ? "," : "",
            tally.pid, tally.epfd, tally.waits, tally.reports, tally.accepts, tally.empty_accepts);
  }
  for (int i = 0; i < kWorkers; ++i) wait_for_exit(workers[i], 0);
  say_add("]}");
  say_send();
  await_line("quit");
}
