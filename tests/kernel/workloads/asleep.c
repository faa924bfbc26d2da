// SPDX-License-Identifier: Apache-2.0
// A server that sleeps in epoll_wait from before the recording until after it: nothing ever returns. A thread
// sleeps in poll, another in accept on a second listener. Ends by SIGTERM.
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

static int blocking_listener, polled;
static pid_t poller, acceptor;
static sem_t begun;

static void* sleep_in_poll(void* unused) {
  struct pollfd one = {.fd = polled, .events = POLLIN | POLLPRI};
  poller = thread_id();
  must(sem_post(&begun));
  must(poll(&one, 1, -1));
  return unused;
}

static void* sleep_in_accept(void* unused) {
  acceptor = thread_id();
  must(sem_post(&begun));
  must(accept(blocking_listener, NULL, NULL));
  return unused;
}

int main(void) {
  uint16_t port, blocking_port;
  int pipe_ends[2];
  pthread_t thread;
  must(sem_init(&begun, 0, 0));
  const int listener = tcp_listener(3, &port);
  blocking_listener = tcp_listener(5, &blocking_port);
  make_blocking(blocking_listener);
  must(pipe(pipe_ends));
  polled = pipe_ends[0];
  const int epfd = (int)must(epoll_create1(EPOLL_CLOEXEC));
  watch(epfd, listener, EPOLLIN);
  must(-pthread_create(&thread, NULL, sleep_in_poll, NULL));
  must(-pthread_create(&thread, NULL, sleep_in_accept, NULL));
  must(sem_wait(&begun));
  must(sem_wait(&begun));
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d,'epfd':%d,'poller':%d,'polled':%d,'acceptor':%d,"
      "'blocking_listener':%d,'blocking_port':%d}",
      listener, inode_of(listener), port, epfd, poller, polled, acceptor, blocking_listener, blocking_port);
  struct epoll_event event;
  must(epoll_wait(epfd, &event, 1, -1));
}
