// SPDX-License-Identifier: Apache-2.0
// A call that a stop interrupts and the kernel continues: poll with a timeout leaves with
// ERESTART_RESTARTBLOCK and is continued by restart_syscall(2); epoll_wait is EINTR after a handler has run.
// The test stops and continues the process by signal, and sends SIGUSR1.
//
// Conversation: ready, "go", {"state":"in poll"} … (test: SIGSTOP, SIGCONT, then a byte into fd 0) …
// {"state": "in epoll"} … (test: SIGUSR1) … done, "quit".
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "workload.h"

static void ignore(int number) {
  (void)number;
}

int main(void) {
  struct epoll_event event;
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  const struct sigaction action = {.sa_handler = ignore};
  must(sigaction(SIGUSR1, &action, NULL));
  const int epfd = (int)must(epoll_create1(0));
  say("{'state':'ready','epfd':%d}", epfd);
  await_line("go");

  say("{'state':'in poll'}");
  must_be(poll(&input, 1, 600000) == 1);
  await_line("on");
  say("{'state':'in epoll'}");
  must_be(epoll_wait(epfd, &event, 1, 600000) == -1 && errno == EINTR);
  say("{'state':'done'}");
  await_line("quit");
}
