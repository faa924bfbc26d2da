// SPDX-License-Identifier: Apache-2.0
// Is anybody disturbed? Threads sleep in calls that a stop, a signal or a ptrace attach makes return EINTR,
// and count every return that nobody asked for: epoll_wait and poll with and without a timeout, and a receive
// with SO_RCVTIMEO. "go" asks for the count of EINTR so far, as often as the test likes; `returns` shows that
// the loops with a timeout do run.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "workload.h"

static atomic_long interrupted, returns;
static sem_t begun;

static void count(long result) {
  atomic_fetch_add(&returns, 1);
  if (result == -1 && errno == EINTR) atomic_fetch_add(&interrupted, 1);
}

static void* wait_in_epoll(void* timeout_ms) {
  struct epoll_event event;
  const int epfd = (int)must(epoll_create1(0));
  watch(epfd, (int)must(eventfd(0, 0)), EPOLLIN);
  must(sem_post(&begun));
  for (;;) count(epoll_wait(epfd, &event, 1, (int)(intptr_t)timeout_ms));
  return NULL;
}

static void* wait_in_poll(void* timeout_ms) {
  struct pollfd one = {.fd = (int)must(eventfd(0, 0)), .events = POLLIN};
  must(sem_post(&begun));
  for (;;) count(poll(&one, 1, (int)(intptr_t)timeout_ms));
  return NULL;
}

static void* wait_in_recv(void* timeout_ms) {
  char byte;
  int pair[2];
  const struct timeval timeout = {.tv_usec = 1000 * (int)(intptr_t)timeout_ms};
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  must(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
  must(sem_post(&begun));
  for (;;) count(recv(pair[0], &byte, 1, 0));
  return NULL;
}

int main(void) {
  static const struct {
    void* (*run)(void*);
    intptr_t timeout_ms;
  } kThreads[] = {
      {wait_in_epoll, -1}, {wait_in_epoll, 7}, {wait_in_poll, -1}, {wait_in_poll, 7}, {wait_in_recv, 7}};
  must(sem_init(&begun, 0, 0));
  for (size_t i = 0; i < sizeof kThreads / sizeof kThreads[0]; ++i) {
    pthread_t thread;
    must(-pthread_create(&thread, NULL, kThreads[i].run, (void*)kThreads[i].timeout_ms));
    must(sem_wait(&begun));
  }
  say("{'state':'ready'}");
  for (;;) {
    await_line("go");
    say("{'state':'counted','interrupted':%ld,'returns':%ld}", atomic_load(&interrupted),
        atomic_load(&returns));
  }
}
