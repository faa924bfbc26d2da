// SPDX-License-Identifier: Apache-2.0
// Children that sleep in a call until the parent sends each of them a signal. Three die of it in that call:
// in epoll_wait of SIGTERM, in poll of SIGKILL, in accept of SIGQUIT, whose default is to dump core (of no
// size here). The fourth handles SIGUSR1, sees the EINTR of its epoll_wait, and leaves by itself.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

static int epfd, never, listener;

static void handle(int number) {
  (void)number;
}

static void in_epoll_wait(void) {
  struct epoll_event event;
  if (epoll_wait(epfd, &event, 1, -1) == -1 && errno == EINTR) _exit(0);
}

static void in_poll(void) {
  struct pollfd one = {.fd = never, .events = POLLIN};
  poll(&one, 1, -1);
}

static void in_accept(void) {
  accept(listener, NULL, NULL);
}

static pid_t child(void (*sleep_in)(void)) {
  const pid_t made = (pid_t)must(fork());
  if (made != 0) return made;
  must(prctl(PR_SET_PDEATHSIG, SIGKILL));
  sleep_in();
  _exit(1);
}

// A child that sleeps is in its call: it does nothing else that could make it.
static bool sleeps(pid_t pid) {
  char path[32], state = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE* stat = fopen(path, "re");
  must_be(stat != NULL && fscanf(stat, "%*d %*s %c", &state) == 1);
  fclose(stat);
  return state == 'S';
}

static void end(pid_t pid, int number, int status) {
  int ended = 0;
  must(kill(pid, number));
  must(waitpid(pid, &ended, 0));
  must_be((WIFSIGNALED(ended) ? WTERMSIG(ended) : -WEXITSTATUS(ended)) == status);
}

int main(void) {
  const struct rlimit no_core = {0, 0};
  struct sigaction handled = {.sa_handler = handle};
  uint16_t port;
  must(setrlimit(RLIMIT_CORE, &no_core));
  must(sigaction(SIGUSR1, &handled, NULL));
  epfd = (int)must(epoll_create1(0));
  never = (int)must(eventfd(0, 0));
  listener = tcp_listener(3, &port);
  make_blocking(listener);
  const pid_t terminated = child(in_epoll_wait), killed = child(in_poll), quit = child(in_accept);
  const pid_t interrupted = child(in_epoll_wait);
  const pid_t all[] = {terminated, killed, quit, interrupted};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; ++i)
    while (!sleeps(all[i])) sched_yield();
  say("{'state':'ready','terminated':%d,'killed':%d,'quit':%d,'handled':%d}", terminated, killed, quit,
      interrupted);
  await_line("go");
  end(terminated, SIGTERM, SIGTERM);
  end(killed, SIGKILL, SIGKILL);
  end(quit, SIGQUIT, SIGQUIT);
  end(interrupted, SIGUSR1, 0);
  say("{'state':'done'}");
  await_line("quit");
}
